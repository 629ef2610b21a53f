#!/bin/sh
# Runs what the command does without Docker, as on GitHub's machines with macOS: init in an empty application, doctor.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
application=$(mktemp -d)
trap 'rm -rf "$application"' EXIT
cd "$application"

printf 'FROM ruby:3.4\n' >Dockerfile
node "$root/cli/bin.ts" init --yes
test -f infra/Pulumi.yaml
# It finds that Docker is missing (exit code 1), and does not crash.
code=0
node "$root/cli/bin.ts" doctor >doctor.txt || code=$?
cat doctor.txt
grep -q 'Node.js' doctor.txt
test "$code" -le 1
