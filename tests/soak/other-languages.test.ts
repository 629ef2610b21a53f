import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "@pulumi/pulumi/version.js";
import { Clone } from "../e2e/clone.ts";
import { LanguageHost } from "./language-host.ts";

jest.setTimeout(60 * 60_000);

describe("SDKs generated from the schema", () => {
    const clone = new Clone();
    const sdks = join(clone.dir, "tests/soak/sdks");
    const program = join(sdks, "program");

    beforeAll(() => {
        clone.shell(`cd ${sdks} && go run . ${clone.dir}/provider/schema.json generated`);
        clone.shell(`cd ${sdks} && go build -o program/app ./program`);
        clone.shell(`python3 -m venv ${sdks}/venv`);
        clone.shell(
            `${sdks}/venv/bin/pip install --quiet pulumi==${version} parver ${sdks}/generated/python`,
        );
    });
    afterAll(() => clone.dispose());

    test.each([
        ["go", ["./app"]],
        ["python", [join(sdks, "venv/bin/python"), "run.py"]],
    ])("link a service by the aliases database and host in a program in %s", async (language, command) => {
        const host = new LanguageHost(command);
        const address = await host.start();
        const stack = `sdk-${language}`;
        const pulumi = (line: string) =>
            clone.run(
                `. ./env; mkdir -p .drydock/state; cd ${program}; pulumi --non-interactive --color=never ${line}`,
            );
        const succeed = async (line: string) => {
            expect(await pulumi(line)).toSucceed();
        };
        mkdirSync(program, { recursive: true });
        writeFileSync(
            join(program, "Pulumi.yaml"),
            JSON.stringify({ name: "team", runtime: language, packages: { drydock: clone.dir } }),
        );
        try {
            await succeed(`stack init ${stack}`);
            await succeed("config set --secret SAML_KEY -- 'two\nlines'");
            await succeed(`up --yes --skip-preview --client=${address}`);
            const variables = clone.shell(`docker exec team-${stack}-app env`);
            expect(variables).toMatch(/^DB_HOST=team-.*-cache$/m);
            expect(variables).toMatch(/^DB_PORT=6379$/m);
            expect(variables).not.toContain("DATABASE_URL");
            expect(variables).toMatch(/^HOST_URL=redis:\/\/default:\w+@team-.*-cache:6379\/2\?pool=20$/m);
            expect(variables).toContain("SAML_KEY=two\nlines\n");
            await succeed(`preview --expect-no-changes --client=${address}`);
        } finally {
            await pulumi(`destroy --yes --skip-preview --client=${address}`);
            host.stop();
        }
    });
});
