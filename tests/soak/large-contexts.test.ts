import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Programs } from "../e2e/programs.ts";

jest.setTimeout(60 * 60_000);

/** Node refuses to read a file above 2 GiB at once. */
const SIZE = 2 ** 31 + 1;

describe("a build whose context has a file above 2 GiB", () => {
    const programs = new Programs();
    const context = join(programs.clone.dir, "large");

    beforeAll(() => {
        mkdirSync(context);
        writeFileSync(join(context, "Dockerfile"), "FROM debian:trixie-slim\nCOPY Dockerfile /\n");
        writeFileSync(join(context, "big"), "");
        truncateSync(join(context, "big"), SIZE);
    });

    afterAll(() => programs.dispose());

    test.each([
        ["of @pulumi/docker", "largeplain", ""],
        ["with options of BuildKit", "largebuildx", 'secrets: { token: { variable: "HOME" } }'],
    ])("%s, works", async (_, stack, options) => {
        const { code, output } = await programs.up(
            stack,
            `new drydock.Task("copy", { build: { context: "large", ${options} }, command: ["true"] });
             return {};`,
        );
        expect({ code, output }).toSucceed();
    });
});
