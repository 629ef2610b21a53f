import Sequencer from "@jest/test-sequencer";

/** Files that take minutes. Started last, one of them would run alone at the end. */
const SLOWEST = ["tests/e2e/swarm.test.ts", "tests/e2e/applications.test.ts", "tests/e2e/preview-pr.test.ts"];

export default class SlowestFirst extends Sequencer {
    sort(tests) {
        const rank = ({ path }) => SLOWEST.findIndex((file) => path.endsWith(file));
        const slowest = tests.filter((test) => rank(test) !== -1).sort((a, b) => rank(a) - rank(b));
        return [...slowest, ...super.sort(tests.filter((test) => rank(test) === -1))];
    }
}
