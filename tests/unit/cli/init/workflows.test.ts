import type { Command } from "commander";
import { parse } from "yaml";
import type { Program } from "../../../../cli/init/model.ts";
import { workflows } from "../../../../cli/init/workflows.ts";
import { createProgram } from "../../../../cli/main.ts";

/** The command of a line such as `pr comment "$FILE"`. */
function commandOf(words: string[], command: Command = createProgram()): Command {
    const [first, ...rest] = words;
    const found = command.commands.find((child) => child.name() === first);
    return found ? commandOf(rest, found) : command;
}

test("workflows call verbs and options that exist", () => {
    const program = {
        secrets: [],
        stacks: [{ name: "live", isDevelopment: false, values: {} }],
    } as unknown as Program;
    const text = workflows(program)
        .map(({ content }) => content)
        .join("\n");
    const lines = [...text.matchAll(/pulumi-drydock@\S+ (.*)/g)].map(([, line = ""]) => line);
    for (const line of lines) {
        const words = line.split(" ");
        const verb = commandOf(words);
        const known = verb.options.map(({ long }) => long);
        for (const option of words.filter((word) => word.startsWith("--"))) expect(known).toContain(option);
    }
    expect(lines.map((line) => commandOf(line.split(" ")).name())).toEqual(["pr", "comment", "up"]);
});

test("a preview has a stack of its own, with test values, if the program requires secrets", () => {
    const stacks = [{ name: "dev", isDevelopment: true, values: {} }];
    const previewOf = (secrets: object[]) =>
        workflows({ secrets, stacks } as unknown as Program)[0]?.content ?? "";
    const secrets = [
        { name: "STRIPE_KEY" },
        { name: "SMTP_PASSWORD", isOptional: true },
        { name: "LIVE_KEY", onlyWith: { setting: "environment", value: "live" } },
    ];
    expect(previewOf(secrets)).toContain("#   drydock secrets set STRIPE_KEY --stack preview\n");
    expect(previewOf(secrets)).toContain("pr --github --stack preview --out preview.md");
    expect(previewOf(secrets.slice(1))).toContain("pr --github --out preview.md");
});

/** Secrets that the workflow of a deployment reads, and those that its comment lists. */
function deploySecrets(...backends: (string | undefined)[]): { read: string[]; listed: string[] } {
    const stacks = backends.map((backend, i) => ({
        name: `live${i}`,
        isDevelopment: false,
        values: backend === undefined ? {} : { "drydock:backend": backend },
    }));
    const { content = "" } = workflows({ secrets: [], stacks } as unknown as Program).at(-1) ?? {};
    const names = (pattern: RegExp) =>
        [...content.matchAll(pattern)]
            .map(([, name = ""]) => name)
            .filter((name) => !name.startsWith("SSH_"));
    return { read: names(/secrets\.(\w+)/g), listed: names(/^# - (\w+):/gm) };
}

test.each([
    [["s3://state"], ["PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]],
    [["https://api.pulumi.com"], ["PULUMI_ACCESS_TOKEN"]],
    [
        ["gs://state", "https://api.pulumi.com"],
        ["PULUMI_CONFIG_PASSPHRASE", "GOOGLE_CREDENTIALS", "PULUMI_ACCESS_TOKEN"],
    ],
    [
        [undefined],
        [
            "PULUMI_CONFIG_PASSPHRASE",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "GOOGLE_CREDENTIALS",
            "AZURE_STORAGE_ACCOUNT",
            "AZURE_STORAGE_KEY",
            "PULUMI_ACCESS_TOKEN",
        ],
    ],
])("a deployment with its state in %j needs %j", (backends, secrets) => {
    expect(deploySecrets(...backends)).toEqual({ read: secrets, listed: secrets });
});

test("one deployment of a stack runs at a time, and none is cancelled", () => {
    const stacks = [{ name: "live", isDevelopment: false, values: {} }];
    const { content = "" } = workflows({ secrets: [], stacks } as unknown as Program).at(-1) ?? {};
    expect(parse(content)).toMatchObject({ concurrency: "drydock-deploy-${{ inputs.stack }}" });
});

test("the workflow's private key is readable by its user alone from the start", () => {
    const stacks = [{ name: "live", isDevelopment: false, values: {} }];
    const program = { secrets: [], stacks } as unknown as Program;
    const text = workflows(program)
        .map(({ content }) => content)
        .join("");
    expect(text.indexOf("umask 077")).toBeGreaterThan(0);
    expect(text.indexOf("umask 077")).toBeLessThan(text.indexOf(">~/.ssh/id_ed25519"));
});
