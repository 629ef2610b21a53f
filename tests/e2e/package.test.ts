import { Clone } from "./clone.ts";
import { Consumer, installNode, lowestPeers, pack, type Packed, usedPeers } from "./consumer.ts";
import { soakTest } from "./soak-test.ts";

describe("the npm package", () => {
    const clone = new Clone();
    let packed: Packed;
    let team: Consumer;

    beforeAll(() => {
        packed = pack(clone);
        team = new Consumer(clone, packed, "team", usedPeers(clone));
    });
    afterAll(() => clone.dispose());

    test("contains the compiled library, and no tests or generators", () => {
        const directories = new Set(
            packed.files.map(({ path }) =>
                path.startsWith("dist/cli/") ? "dist/cli" : path.split("/").slice(0, -1).join("/"),
            ),
        );
        expect([...directories].sort()).toEqual([
            "",
            "dist",
            "dist/cli",
            "dist/components",
            "dist/components/container",
            "dist/components/data-service",
            "dist/components/engines",
            "dist/components/engines/docker",
            "dist/components/engines/swarm",
            "dist/components/gateway",
            "dist/components/gateway/swarm",
            "dist/components/postgres",
            "dist/components/redis",
            "dist/components/service",
            "dist/components/shared",
            "dist/components/volume",
            "dist/components/web",
            "dist/policies",
            "dist/policies/rules",
            "dist/provider",
            "dist/testing",
            "policies",
        ]);
        const top = packed.files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
        expect(top.sort()).toEqual([
            "CHANGELOG.md",
            "LICENSE",
            "PulumiPlugin.yaml",
            "README.md",
            "package.json",
            "policies/PulumiPolicy.yaml",
            "policies/package.json",
        ]);
        expect(packed.files.map(({ path }) => path).join()).not.toMatch(/test\.|generate/);
        expect(packed.unpackedSize).toBeLessThan(3_500_000);
    });

    test("compiles strictly in an ES module", () => {
        expect(team.compile("program.mts", "node16", "node16")).toBe("");
    });

    soakTest("compiles strictly in CommonJS, and for a bundler", () => {
        expect(team.compile("program.cts", "node16", "node16")).toBe("");
        expect(team.compile("program.ts", "esnext", "bundler")).toBe("");
    });

    test.each([
        ["CommonJS", `--eval 'console.log(typeof require("pulumi-drydock").RedisService)'`],
        [
            "ES modules",
            `--input-type=module --eval 'import { RedisService } from "pulumi-drydock"; console.log(typeof RedisService)'`,
        ],
    ])("is imported by %s, without output", (_, args) => {
        expect(team.shell(`node ${args} 2>&1`)).toBe("function\n");
    });

    test("has a policy pack", () => {
        team.write("Pulumi.yaml", "name: team\nruntime: nodejs\nmain: stack.cjs\n");
        const program = `const docker = require("@pulumi/docker"); new docker.Container("c", { image: "redis:latest" });`;
        team.write("stack.cjs", program);
        const output = clone.shell(`. ./env; mkdir -p .drydock/state; cd team; pulumi stack init policed;
            pulumi preview --stack policed --policy-pack node_modules/pulumi-drydock/policies 2>&1 || echo refused`);
        expect(output).toMatch(/redis:latest can be a different image in the next update.*refused/s);
    });

    test.each(["drydock", "pulumi-drydock"])("has the command %s", (name) => {
        expect(team.shell(`node_modules/.bin/${name} --version`)).toMatch(/^\d+\.\d+\.\d+\n$/);
        const output = clone.shell(
            `. ./env; cd team; node_modules/.bin/${name} status --stack dev 2>&1 || echo $?`,
        );
        expect(output).toMatch(/has no stack dev.*2\n$/s);
    });

    test("has a testing kit for any test runner", () => {
        expect(team.runTest()).toContain("# pass 1\n");
    });

    soakTest("works with the lowest versions of its peer dependencies", () => {
        const peers = lowestPeers(clone);
        const consumer = new Consumer(clone, packed, "lowest", peers);
        const installed = Object.keys(peers).map((name) => [name, consumer.version(name)]);
        expect(Object.fromEntries(installed)).toEqual(peers);
        expect(consumer.compile("program.cts", "node16", "node16")).toBe("");
        expect(consumer.compileSources()).toBe("");
        expect(consumer.runTest()).toContain("# pass 1\n");
    });

    // tests/soak tries the newest versions, and each lowest one beside the newest others.
    test("runs under the lowest version of Node.js that it names", () => {
        const node = installNode(clone, "22.12.0");
        expect(team.shell(`${node} node_modules/.bin/drydock --version`)).toMatch(/^\d+\.\d+\.\d+\n$/);
        expect(team.shell(`${node} node_modules/.bin/drydock status --stack dev 2>&1 || true`)).toContain(
            "has no stack dev",
        );
        expect(team.runTest(node)).toContain("# pass 1\n");
    });

    test("names the version of Node.js that it needs under an older one", () => {
        const node = installNode(clone, "20");
        expect(team.shell(`${node} node_modules/.bin/drydock status 2>&1 || echo $?`)).toMatch(
            /^✗ Drydock needs Node\.js 22\.12 or newer, but this is 20\.\d+\.\d+\n {2}Install it from https:\/\/nodejs\.org\n1\n$/,
        );
    });
});
