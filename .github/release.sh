#!/usr/bin/env bash
# Releases a version for release.yml: INCREMENT is patch, minor or major. Without PUBLISH=true it only tries.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${PUBLISH:-}" = true ] && [ "${GITHUB_REF_NAME:-}" != "${DEFAULT_BRANCH:-main}" ]; then
    echo "Run the workflow on ${DEFAULT_BRANCH:-main}: a version of ${GITHUB_REF_NAME:-another branch} cannot be published." >&2
    exit 1
fi

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
    # A version that npm has refused is not in the repository.
    npm publish --provenance --access public
    git push --follow-tags
else
    npm publish --dry-run
fi
