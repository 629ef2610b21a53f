import { Clone } from "../e2e/clone.ts";
import {
    Consumer,
    installNode,
    lowestPeers,
    newestPeers,
    pack,
    type Packed,
    usedPeers,
} from "../e2e/consumer.ts";

describe("the npm package", () => {
    const clone = new Clone();
    let packed: Packed;
    beforeAll(() => {
        packed = pack(clone);
    });
    afterAll(() => clone.dispose());

    test.each(Object.keys(lowestPeers(clone)))(
        "works with the lowest %s beside the newest others",
        (name) => {
            const peers = { ...newestPeers(clone), [name]: lowestPeers(clone)[name] ?? "" };
            const consumer = new Consumer(clone, packed, `lowest-${name.replace(/\W/g, "")}`, peers);
            expect(consumer.compile("program.cts", "node16", "node16")).toBe("");
            expect(consumer.compileSources()).toBe("");
            expect(consumer.runTest()).toContain("# pass 1\n");
        },
    );

    test("works with the newest versions of its peer dependencies that the registry has", () => {
        const consumer = new Consumer(clone, packed, "newest", newestPeers(clone), "--prefer-online");
        expect(consumer.compile("program.cts", "node16", "node16")).toBe("");
        expect(consumer.runTest()).toContain("# pass 1\n");
    });

    test("runs under each supported version of Node.js", () => {
        const consumer = new Consumer(clone, packed, "nodes", usedPeers(clone));
        for (const version of ["22", "24"]) {
            const node = installNode(clone, version);
            const drydock = `${node} node_modules/.bin/drydock`;
            expect(consumer.shell(`${drydock} status --stack dev 2>&1 || true`)).toMatch(
                /There is no Pulumi project|has no stack/,
            );
            expect(consumer.runTest(node)).toContain("# pass 1\n");
        }
    });

    test("names the version of Node.js that it needs under Node.js 18", () => {
        const consumer = new Consumer(clone, packed, "old-node", usedPeers(clone));
        const drydock = `${installNode(clone, "18")} node_modules/.bin/drydock`;
        expect(consumer.shell(`${drydock} --version 2>&1 || true`)).toContain(
            "✗ Drydock needs Node.js 22.12",
        );
    });
});
