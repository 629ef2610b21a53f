import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkBackend } from "../../../../cli/init/backends.ts";
import { FRAGMENTS } from "./fragments.ts";
import { type Files, initialize, type Initialized, initializeIn, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

const DEPLOY: Files = {
    Dockerfile: "FROM scratch\n",
    "config/deploy.yml": "service: shop\nservers: [192.0.2.10]\nenv: { secret: [STRIPE_KEY] }\n",
};

function write({ directory }: Initialized, path: string, content: string): void {
    writeFileSync(join(directory, path), content);
}

test("a stack whose file names its host and backend is not asked about again", async () => {
    const first = await initialize(FRAGMENTS.destinations, { answers: { "value of LEVEL": "1" } });
    expect(first.exitCode).toBe(2);
    const settings = "config:\n  docker:host: ssh://me@kiln\n  drydock:backend: gs://state\n";
    const files = { ...FRAGMENTS.destinations, "infra/Pulumi.staging.yaml": settings };
    const second = await initialize(files, { answers: { "value of LEVEL": "1" } });
    expect(second.asked.map(({ id }) => id)).toEqual(["value of LEVEL"]);
    expect(second.exitCode).toBe(0);
    expect(second.read("infra/Pulumi.staging.yaml")).toBe(settings);
    const workflow = ".github/workflows/drydock-deploy.yml";
    expect(first.read(workflow)).toContain("AWS_ACCESS_KEY_ID");
    write(first, "infra/Pulumi.staging.yaml", settings);
    const third = await initializeIn(first.directory, { answers: { "value of LEVEL": "1" } });
    expect(third.output).toContain(`updated ${workflow}`);
    expect(third.read(workflow)).not.toContain("AWS_ACCESS_KEY_ID");
});

test("the question for the host accepts the address of a Docker Engine", async () => {
    const { read } = await initialize(FRAGMENTS.destinations, {
        answers: { "host of staging": "tcp://kiln:2376" },
    });
    expect(read("infra/Pulumi.staging.yaml")).toContain("docker:host: tcp://kiln:2376");
});

test.each(["s3://state?region=eu-central-1", "file:///srv/state", "https://api.pulumi.com"])(
    "the backend %s is accepted",
    (url) => {
        expect(checkBackend(url)).toBeUndefined();
    },
);

test.each(["state", "ftp://state"])("the backend %s is refused", (url) => {
    expect(checkBackend(url)).toContain(`${url} is not the URL of a backend: use s3://`);
});

test.each([
    ["a bucket", "s3://state", "PULUMI_CONFIG_PASSPHRASE_FILE to a file with it", "pulumi login"],
    ["Pulumi Cloud", "https://api.pulumi.com", "Pulumi Cloud, by `pulumi login`", "PULUMI_CONFIG_PASSPHRASE"],
])("the output says what a colleague needs for a state in %s", async (_, backend, expected, unexpected) => {
    const { output } = await initialize(DEPLOY, { answers: { "backend of production": backend } });
    expect(output).toContain("npx pulumi-drydock secrets set STRIPE_KEY --stack production\n");
    expect(output).toContain(expected);
    expect(output).not.toContain(unexpected);
});
