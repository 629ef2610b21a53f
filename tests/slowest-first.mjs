import Sequencer from "@jest/test-sequencer";

/**
 * Files that take more than a minute, the slowest first. If one of them started last, it would run alone at the end. jest only
 * knows the durations of earlier runs in the same directory, and continuous integration starts with a fresh clone.
 */
const SLOWEST = [
    "tests/e2e/swarm.test.ts",
    "tests/e2e/gateway-deploys.test.ts",
    "tests/e2e/applications.test.ts",
    "tests/e2e/from-init.test.ts",
    "tests/e2e/preview-pr.test.ts",
    "tests/e2e/data-services.test.ts",
    "tests/e2e/adopt.test.ts",
    "tests/e2e/data.test.ts",
    "tests/e2e/services.test.ts",
    "tests/e2e/preview.test.ts",
    "tests/e2e/commands.test.ts",
    "tests/e2e/examples/rails-two-containers.test.ts",
    "tests/e2e/web-app.test.ts",
    "tests/e2e/gateway.test.ts",
    "tests/e2e/resource-options.test.ts",
    "tests/e2e/rails-storage.test.ts",
    "tests/e2e/images.test.ts",
    "tests/e2e/builds.test.ts",
    "tests/e2e/command-update.test.ts",
    "tests/e2e/command-yaml.test.ts",
    "tests/e2e/languages.test.ts",
    "tests/e2e/team.test.ts",
    "tests/e2e/package.test.ts",
    "tests/e2e/ports.test.ts",
    "tests/e2e/databases.test.ts",
    "tests/e2e/environment-variables.test.ts",
    "tests/e2e/command.test.ts",
    "tests/e2e/command-ssh.test.ts",
    "tests/e2e/gateway-acme.test.ts",
    "tests/e2e/sample-environment.test.ts",
    "tests/e2e/examples/redis-ports.test.ts",
    "tests/e2e/daemon-restart.test.ts",
    "tests/e2e/shared-volumes.test.ts",
    "tests/e2e/examples/smartypants.test.ts",
    "tests/e2e/examples/visitor-counter.test.ts",
    "tests/e2e/examples/linked-redis.test.ts",
];

export default class SlowestFirst extends Sequencer {
    sort(tests) {
        const rank = ({ path }) => SLOWEST.findIndex((file) => path.endsWith(file));
        const slowest = tests.filter((test) => rank(test) !== -1).sort((a, b) => rank(a) - rank(b));
        return [...slowest, ...super.sort(tests.filter((test) => rank(test) === -1))];
    }
}
