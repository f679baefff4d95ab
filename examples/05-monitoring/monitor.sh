#!/bin/sh
# monitor.sh WORDS OF wholesaler import...
# Starts an import, says every EVERY seconds how far it is, and recovers it when it hangs. Ends with the
# exit code of the job.
set -eu
every=${EVERY:-30}

last=$(wholesaler status --json | jq '.job.id // 0')
wholesaler import "$@" >import.log 2>&1 &
import=$!

# The job is there as soon as the import has begun; an import that is refused makes none.
until job=$(wholesaler status --json | jq -e --argjson last "$last" '.job.id // 0 | select(. > $last)'); do
  kill -0 "$import" 2>/dev/null || { cat import.log >&2; wait "$import"; exit; }
  sleep 1
done

while true; do
  document=$(wholesaler status "$job" --json)
  status=$(echo "$document" | jq -r '.job.status')
  progress=$(echo "$document" | jq -r '.job.progress')
  echo "$(date): Job $job - $status ($progress%)"

  if [ "$status" = completed ] || [ "$status" = failed ]; then break; fi

  # 12: it waits for too long, its worker is gone, or gives no sign of life.
  code=0
  found=$(wholesaler recover "$job" --dry-run --json) || code=$?
  if [ "$code" -eq 12 ]; then
    echo "Job $job hangs: $(echo "$found" | jq -r '.message')"
    wholesaler recover "$job" || true
    continue
  fi
  sleep "$every"
done

exit "$(echo "$document" | jq '.job.exit_code')"
