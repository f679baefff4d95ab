#!/bin/sh
# monitor.sh WORDS OF wholesaler import...
# Starts an import in the background, says every EVERY seconds how far it is, and recovers it when it hangs. Ends with the
# exit code of the job.
set -eu
every=${EVERY:-30}

# It answers at once; a refused import makes no job.
code=0
started=$(wholesaler import "$@" --background --json) || code=$?
if [ "$code" -ne 0 ]; then
  echo "$started" | jq -r '.error | .message, .hint // empty' >&2
  exit "$code"
fi
job=$(echo "$started" | jq '.job_id')

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
