/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/pulse.h"

#include <glib.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/folder.h"

struct _BenchPulse {
  GPid pid;
  char *folder;
};

/* Its socket is there within 5 s. */
static gboolean
await (const char *socket)
{
  for (guint i = 0; i < 500; i++) {
    if (g_file_test (socket, G_FILE_TEST_EXISTS))
      return TRUE;
    g_usleep (10000);
  }
  return FALSE;
}

static GPid
spawn (const char *socket)
{
  g_autofree char *protocol = g_strdup_printf (
      "--load=module-native-protocol-unix auth-anonymous=1 socket=%s", socket);
  const char *argv[] = { "pulseaudio", "-n", "--daemonize=no",
    "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=null", protocol,
    "--load=module-null-sink sink_name=" BENCH_PULSE_SINK, NULL };
  GPid pid = 0;

  g_spawn_async (NULL, (char **) argv, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL);
  return pid;
}

BenchPulse *
bench_pulse_start (void)
{
  BenchPulse *self = g_new0 (BenchPulse, 1);
  g_autofree char *socket = NULL;
  g_autofree char *server = NULL;

  self->folder = test_folder_new ();
  socket = g_build_filename (self->folder, "socket", NULL);
  server = g_strconcat ("unix:", socket, NULL);
  g_setenv ("PULSE_SERVER", server, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", self->folder, TRUE);
  g_setenv ("HOME", self->folder, TRUE);
  self->pid = spawn (socket);
  if (self->pid != 0 && await (socket))
    return self;
  bench_pulse_stop (self);
  return NULL;
}

void
bench_pulse_stop (BenchPulse *self)
{
  if (self->pid != 0) {
    kill (self->pid, SIGTERM);
    waitpid (self->pid, NULL, 0);
  }
  test_folder_remove (self->folder);
  g_free (self);
}
