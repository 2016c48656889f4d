#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs one Criterion program with TAP output and fails where Criterion itself does not: a leak that
# LeakSanitizer finds when a test's process ends, any other sanitizer report, and no test at all.
# Usage: tests/criterion-wrapper.sh PROGRAM [ARGUMENT...]
set -u

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Reports go to files: with --tap, Criterion closes the standard error of the processes that run its
# tests, and a leak report at their end would be lost.
report="log_path=$folder/report"
export ASAN_OPTIONS="detect_stack_use_after_return=1:${ASAN_OPTIONS-}:$report"
export LSAN_OPTIONS="${LSAN_OPTIONS-}:$report"
export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:${UBSAN_OPTIONS-}:$report"

status=0
"$@" --tap=- >"$folder/output" 2>"$folder/errors" || status=$?
cat "$folder/output"
cat "$folder/errors" >&2

cat "$folder"/report* >"$folder/reports" 2>/dev/null
if [ -s "$folder/reports" ]; then
	cat "$folder/reports" >&2
	echo "Bail out! a sanitizer reported an error, see standard error"
	exit 1
fi
if ! grep -qE '^(not )?ok ' "$folder/output"; then
	echo "Bail out! the program ran no test"
	exit 1
fi
[ $status -eq 0 ] || echo "# the program ended with status $status"
exit $status
