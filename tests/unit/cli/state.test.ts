import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Sandbox } from "../sandbox.ts";

test("a state may be in the home directory", () => {
    const sandbox = new Sandbox();
    const directory = (url: string) => {
        const script = `import { stateDirectory } from "${join(ROOT, "cli/state.ts")}";
console.log(stateDirectory("${url}"));`;
        return sandbox.run(`node ${sandbox.write("read.mjs", script)}`).output.trim();
    };
    mkdirSync(join(sandbox.dir, "state/.pulumi"), { recursive: true });
    mkdirSync(join(sandbox.dir, ".pulumi"));
    const home = realpathSync(sandbox.dir);
    expect(directory("file://~/state?metadata=skip")).toBe(join(home, "state"));
    expect(directory("file://~")).toBe(home);
    expect(directory("file:///srv/~/state")).toBe("undefined");
    sandbox.dispose();
});

describe("the deployment of a stack", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.program("pulumi", `echo '{"deployment":{"resources":[{"type":"exported"}]}}'`);
    });
    afterEach(() => {
        sandbox.dispose();
    });

    function types(backend = `file://${sandbox.dir}/state`): string {
        const read = `import { readDeployment } from "${join(ROOT, "cli/state.ts")}";
console.log((await readDeployment("shop", "dev")).resources.map(({ type }) => type).join());`;
        const script = sandbox.write("read.mjs", read);
        return sandbox.run(`node ${script}`, { PULUMI_BACKEND_URL: backend }).output.trim();
    }

    test.each([3, 4])("is read from the checkpoint file of a file backend, version %d", (version) => {
        const checkpoint = { latest: { resources: [{ type: "read" }] } };
        sandbox.write("state/.pulumi/stacks/shop/dev.json", JSON.stringify({ version, checkpoint }));
        expect(types()).toBe("read");
    });

    test.each([
        ["of an unknown version", "dev.json", '{"version":5,"checkpoint":{"latest":{"resources":[]}}}'],
        ["compressed", "dev.json.gz", "gzip"],
        ["missing", "other.json", "{}"],
    ])("is exported by Pulumi if the file is %s", (_, file, content) => {
        sandbox.write(`state/.pulumi/stacks/shop/${file}`, content);
        expect(types()).toBe("exported");
    });

    test("is exported by Pulumi from a remote backend", () => {
        expect(types("s3://team")).toBe("exported");
    });
});
