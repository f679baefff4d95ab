#!/bin/sh
# logged.sh NAME COMMAND...
# Runs the command with its output in logs/NAME.log, between a line for its start and one for its end. Does
# nothing when the last run of this name is still at work. Ends with the command's exit code.
name=$1
shift
mkdir -p logs
log=logs/$name.log

# The kernel drops the lock when this process ends, however it ends.
exec 9>"logs/$name.lock"
if command -v flock >/dev/null && ! flock --nonblock 9; then
  echo "$(date '+%Y-%m-%d %H:%M:%S') $name: the last run is still at work" >>"$log"
  exit 0
fi

# About a month of a line each minute; the file before it is kept.
if [ -f "$log" ] && [ "$(wc -c <"$log")" -gt 4000000 ]; then mv "$log" "$log.1"; fi

echo "$(date '+%Y-%m-%d %H:%M:%S') $name: $*" >>"$log"
# Without the lock: a worker that the command leaves behind must not hold it.
"$@" >>"$log" 2>&1 9>&-
code=$?
echo "$(date '+%Y-%m-%d %H:%M:%S') $name: ended with $code" >>"$log"
exit "$code"
