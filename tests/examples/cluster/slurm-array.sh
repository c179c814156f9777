#!/bin/sh
#SBATCH --job-name=emotion
#SBATCH --array=1-4
#SBATCH --cpus-per-task=1
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --output=emotion-%A_%a.log
# One shard for each task of the array. LIST and PARTS must be on a file system
# that all nodes see. A task that was killed goes on where it was:
#   LIST=files.txt PARTS=parts sbatch slurm-array.sh
# and behind all of them:
#   emotion-analyze --merge parts/* --output all.json
mkdir -p "$PARTS"
exec emotion-analyze --files-from "$LIST" --format json --quiet \
  --jobs "$SLURM_CPUS_PER_TASK" \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --output "$PARTS/$SLURM_ARRAY_TASK_ID" --resume
