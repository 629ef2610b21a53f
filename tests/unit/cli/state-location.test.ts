import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "../../../cli/project.ts";
import { localStateWarning } from "../../../cli/state-location.ts";

const state = mkdtempSync(join(tmpdir(), "drydock-state-"));
mkdirSync(join(state, ".pulumi"));
const { env } = process;
afterAll(() => {
    rmSync(state, { recursive: true });
});
afterEach(() => {
    process.env = env;
});

const warning = (backend: string | undefined, config: Record<string, string>) => {
    process.env = { ...(backend !== undefined && { PULUMI_BACKEND_URL: backend }) };
    const stack = {
        project: { directory: "/shop", name: "shop", file: {} },
        name: "live",
        config: (key: string) => config[key],
    } as Stack;
    return localStateWarning(stack, []);
};

test.each([
    [{ "docker:host": "ssh://deploy@one" }, "ssh://deploy@one"],
    [{ "docker:context": "one" }, "the context one"],
])("a stack with %j and a local state is warned about", (config, engine) => {
    expect(warning(`file://${state}?metadata=skip`, config)).toBe(
        `The stack live runs on ${engine}, but its state is only on this machine. So that your team can update the stack, keep its ` +
            "state in a bucket or in Pulumi Cloud, and set drydock:backend to the URL of that backend in the stack's configuration.",
    );
});

test.each([
    ["another machine with its state in a bucket", "s3://state", { "docker:host": "ssh://one" }],
    ["this machine with a local state", `file://${state}`, { "docker:host": "unix:///var/run/docker.sock" }],
])("a stack on %s is not warned about", (_, backend, config) => {
    expect(warning(backend, config)).toBeUndefined();
});
