#!/usr/bin/env bash
# Releases a version for release.yml: INCREMENT is patch, minor or major. Without PUBLISH=true it only tries.
set -euo pipefail
cd "$(dirname "$0")/.."

git config user.name 'github-actions[bot]'
git config user.email '41898282+github-actions[bot]@users.noreply.github.com'
# Its configuration is in package.json.
npx --yes --package release-it@20.2.0 --package @release-it/keep-a-changelog@7.1.0 -- \
    release-it "$INCREMENT" --ci
npx tsc --project build
node build/compile.ts
# npm compares this address with that of the workflow before it signs the provenance.
npm pkg set "repository.url=git+$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git"
if [ "${PUBLISH:-}" = true ]; then
    git push --follow-tags
    npm publish --provenance --access public
else
    npm publish --dry-run
fi
