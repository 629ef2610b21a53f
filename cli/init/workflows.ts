import { BACKEND } from "../project.ts";
import { BACKEND_NAMES, BACKEND_VARIABLES, backendKind, type BackendKind } from "./backends.ts";
import type { PlannedFile } from "./files.ts";
import { needsSecret, type Program, type Stack } from "./model.ts";
import { ownPackage } from "./own-package.ts";
import { PACKAGE_NAME } from "../package-name.ts";
import { PROJECT_DIRECTORY } from "./translate/container.ts";

const CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2";
const SETUP_NODE = "actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0";
const UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2";
const DOWNLOAD = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0";

/** The workflows for GitHub: two for pull requests, and one that deploys, if there is a stack to deploy to. */
export function workflows(program: Program): PlannedFile[] {
    const inWorkflows = (name: string, content: string) => ({ path: `.github/workflows/${name}`, content });
    const stacks = program.stacks.filter(({ isDevelopment }) => !isDevelopment);
    const withoutBackend = stacks.map((stack) => ({ ...stack, values: {} }));
    return [
        inWorkflows("drydock-preview.yml", preview(secretsOfPreviews(program))),
        inWorkflows("drydock-comment.yml", COMMENT()),
        ...(stacks.length > 0
            ? [{ ...inWorkflows("drydock-deploy.yml", deploy(stacks)), supersedes: deploy(withoutBackend) }]
            : []),
    ];
}

function command(): string {
    return `npx --yes ${PACKAGE_NAME}@${ownPackage().version}`;
}

/** Names of the secrets without which an environment for development does not come up. */
function secretsOfPreviews({ secrets, stacks }: Program): string[] {
    const development = stacks.find(({ isDevelopment }) => isDevelopment);
    return secrets
        .filter(({ isOptional, isGenerated }) => !isOptional && !isGenerated)
        .filter((secret) => development === undefined || needsSecret(development, secret))
        .map(({ name }) => name);
}

/** @param secrets that the program requires */
function preview(secrets: string[]): string {
    const missing = `# The program requires secrets, and git ignores Pulumi.dev.yaml. Once, set test values on a stack for previews, and commit
# its configuration: everyone who can read the repository can read these values.
#   drydock secrets set ${secrets.join(" ")} --stack preview
#   git add ${PROJECT_DIRECTORY}/Pulumi.preview.yaml
`;
    return `# Previews what a pull request would change. It runs the code of the branch, so its token cannot write, and it gets no
# secrets: drydock-comment.yml posts the comment.
${secrets.length > 0 ? missing : ""}name: drydock preview
on:
  pull_request:
    # The label data-loss-accepted changes the result.
    types: [opened, synchronize, reopened, labeled, unlabeled]
permissions:
  contents: read
concurrency:
  group: drydock-preview-\${{ github.event.pull_request.number }}
  cancel-in-progress: true
jobs:
  preview:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: ${CHECKOUT}
        with:
          # To find the commit where the branch left its base.
          fetch-depth: 0
          persist-credentials: false
      - uses: ${SETUP_NODE}
        with:
          node-version: 24
      - run: npm ci || npm install
        working-directory: ${PROJECT_DIRECTORY}
      - run: ${command()} pr --github${secrets.length > 0 ? " --stack preview" : ""} --out preview.md
      - if: always()
        uses: ${UPLOAD}
        with:
          name: drydock-preview
          path: preview.md
`;
}

const COMMENT =
    () => `# Keeps one comment on the pull request up to date. Its token can write, so it runs no code of the branch.
name: drydock comment
on:
  workflow_run:
    workflows: [drydock preview]
    types: [completed]
permissions:
  actions: read
  contents: read
  pull-requests: write
jobs:
  comment:
    if: github.event.workflow_run.event == 'pull_request' && github.event.workflow_run.conclusion != 'cancelled'
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: ${DOWNLOAD}
        with:
          name: drydock-preview
          path: \${{ runner.temp }}/preview
          run-id: \${{ github.event.workflow_run.id }}
          github-token: \${{ github.token }}
      - uses: ${SETUP_NODE}
        with:
          node-version: 24
      - run: ${command()} pr comment "$FILE"
        env:
          GITHUB_TOKEN: \${{ github.token }}
          FILE: \${{ runner.temp }}/preview/preview.md
`;

/** Secrets that a deployment needs, with the purpose of each. If a backend is not known yet, those of all backends. */
function deploySecrets(stacks: Stack[]): Map<string, string> {
    const kinds = new Set(stacks.map(({ values }) => backendKind(values[BACKEND])));
    const backends = Object.entries(BACKEND_VARIABLES).filter(
        ([kind]) => kinds.has(undefined) || kinds.has(kind as BackendKind),
    );
    const isCloudAlone = kinds.size === 1 && kinds.has("cloud");
    return new Map([
        ...(isCloudAlone ? [] : [["PULUMI_CONFIG_PASSPHRASE", "the passphrase of the stack"] as const]),
        ...backends.flatMap(([kind, names]) =>
            names.map((name) => [name, `for a state in ${BACKEND_NAMES[kind as BackendKind]}`] as const),
        ),
    ]);
}

function deploy(stacks: Stack[]): string {
    const secrets = deploySecrets(stacks);
    const list = [...secrets].map(([name, purpose]) => `# - ${name}: ${purpose}\n`).join("");
    const variables = [...secrets.keys()]
        .map((name) => `          ${name}: \${{ secrets.${name} }}\n`)
        .join("");
    return `# Deploys a stack, one run at a time. It needs these secrets of the repository, or of the environment with the name of the
# stack:
# - SSH_PRIVATE_KEY: a key for the machine in docker:host
# - SSH_KNOWN_HOSTS: the key of that machine, as \`ssh-keyscan\` prints it
${list}# The secrets of the program are in Pulumi.<stack>.yaml, encrypted.
name: drydock deploy
on:
  workflow_dispatch:
    inputs:
      stack:
        type: choice
        options: [${stacks.map(({ name }) => name).join(", ")}]
permissions:
  contents: read
concurrency: drydock-deploy-\${{ inputs.stack }}
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: \${{ inputs.stack }}
    timeout-minutes: 60
    steps:
      - uses: ${CHECKOUT}
        with:
          persist-credentials: false
      - uses: ${SETUP_NODE}
        with:
          node-version: 24
      - run: npm ci || npm install
        working-directory: ${PROJECT_DIRECTORY}
      - run: |
          umask 077
          mkdir -p ~/.ssh
          printf '%s\\n' "$SSH_PRIVATE_KEY" >~/.ssh/id_ed25519
          printf '%s\\n' "$SSH_KNOWN_HOSTS" >~/.ssh/known_hosts
        env:
          SSH_PRIVATE_KEY: \${{ secrets.SSH_PRIVATE_KEY }}
          SSH_KNOWN_HOSTS: \${{ secrets.SSH_KNOWN_HOSTS }}
      - run: ${command()} up --yes --stack "$STACK"
        env:
          STACK: \${{ inputs.stack }}
${variables}`;
}
