# shellcheck shell=bash
# The versions of Pulumi and its plugins: those of the pinned npm packages. Sourced, not run.

npm_version() { sed -n 's/^  "version": "\(.*\)",*/\1/p;s/^    "version": "\(.*\)",*/\1/p' "$root/node_modules/$1/package.json" | head -n 1; }

pulumi_version=$(npm_version pulumi)
plugin_names='docker random command'
plugin_version() { npm_version "@pulumi/$1"; }
