import * as pulumi from "@pulumi/pulumi";
import { Engine, RailsWebApp, Task, WebApp } from "../../../components/index.ts";
import { RANDOM_PASSWORD, refusal, TASK_CONTAINER } from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn } from "../engines/index.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nMIIE\nvQ==\n-----END PRIVATE KEY-----\n";
const db = { scheme: "postgres", host: "db", port: 5432 };

/** Sets the configuration of the stack. */
function configure(config: Record<string, string>, project = "shop"): void {
    const entries = Object.entries(config).map(([name, value]) => [`${project}:${name}`, value]);
    pulumi.runtime.setAllConfig(Object.fromEntries(entries) as Record<string, string>);
}
afterEach(() => {
    pulumi.runtime.setAllConfig({});
});

describe.each(ENGINES)("secrets of the configuration on %s", (engine) => {
    test("reach the container intact, and stay secret", async () => {
        configure({ STRIPE_KEY: "sk_live_1", SAML_KEY: PEM });
        const run = await runOn(engine, () => {
            const secrets = ["STRIPE_KEY", "SAML_KEY"];
            new WebApp("web", { engine, image: "x:1", secrets });
            new Task("seed", { image: "x:1", command: ["seed"], secrets });
            return {};
        });
        expect(run.container("web")).toMatchObject({
            env: { STRIPE_KEY: "sk_live_1", SAML_KEY: PEM },
            secrets: ["env"],
        });
        expect(run.one(TASK_CONTAINER).inputs.envs).toEqual([`SAML_KEY=${PEM}`, "STRIPE_KEY=sk_live_1"]);
        expect(nonSecretText(run)).not.toContain("sk_live_1");
        expect(nonSecretText(run)).not.toContain("MIIE");
    });

    test("override the variables of links", async () => {
        configure({ DATABASE_URL: "mine" });
        const args = { engine, image: "x:1", links: { database: db }, secrets: ["DATABASE_URL"] };
        const { container } = await runOn(engine, () => {
            new WebApp("web", args);
            return {};
        });
        expect(container().env).toMatchObject({ DATABASE_URL: "mine" });
    });

    test("reach the server, the processes and the migration of a Rails application", async () => {
        configure({ RAILS_MASTER_KEY: "key" });
        const { container, one, names } = await runOn(engine, () => {
            const processes = { worker: { command: ["w"] } };
            const secrets = ["RAILS_MASTER_KEY"];
            new RailsWebApp("shop", { engine, image: "x:1", database: db, processes, secrets });
            return {};
        });
        for (const name of ["shop", "shop-worker"])
            expect(container(name).env).toMatchObject({ RAILS_MASTER_KEY: "key" });
        expect(one(TASK_CONTAINER).inputs.envs).toContain("RAILS_MASTER_KEY=key");
        // The credentials have one.
        expect(container("shop").env).not.toHaveProperty("SECRET_KEY_BASE");
        expect(names(RANDOM_PASSWORD)).toEqual([]);
    });
});

test("a Rails application generates no SECRET_KEY_BASE if the configuration has one", async () => {
    configure({ SECRET_KEY_BASE: "base" });
    const { container, names } = await runOn(Engine.Docker, () => {
        new RailsWebApp("shop", { image: "x:1", secrets: ["SECRET_KEY_BASE"] });
        return {};
    });
    expect(container().env).toMatchObject({ SECRET_KEY_BASE: "base" });
    expect(names(RANDOM_PASSWORD)).toEqual([]);
});

test("names all secrets that the configuration does not have, with the command to set each", async () => {
    configure({ THERE: "1" });
    pulumi.runtime.setConfig("other:STRIPE_KEY", "of another namespace");
    const secrets = ["STRIPE_KEY", "THERE", "RAILS_MASTER_KEY"];
    expect(await refusal(() => new RailsWebApp("shop", { image: "x:1", secrets }))).toBe(
        [
            "secrets: the configuration of the stack dev does not have STRIPE_KEY, RAILS_MASTER_KEY; run",
            "    drydock secrets set STRIPE_KEY RAILS_MASTER_KEY --stack dev",
            "or, with Pulumi alone,",
            "    pulumi config set --secret STRIPE_KEY --stack dev",
            "    pulumi config set --secret RAILS_MASTER_KEY --stack dev",
        ].join("\n"),
    );
});

test.each<[string, object]>([
    ['secrets[1]: "A B" is not the name of an environment variable', { secrets: ["A", "A B"] }],
    ['secrets[1]: "A" is in the list twice; remove one', { secrets: ["A", "A"] }],
    [
        "secrets[0]: A is also in env or in a file of envFiles; keep one of the two",
        { secrets: ["A"], env: { A: "1" } },
    ],
    ["secrets: must be a list of names", { secrets: { A: "1" } }],
    ["secrets: must be a list of names", { secrets: "A" }],
    ["secrets[0]: PORT is the port that the web process listens on", { secrets: ["PORT"] }],
])("refuses %s", async (message, args) => {
    configure({ A: "1", PORT: "1" });
    for (const engine of ENGINES)
        expect(await refusal(() => new WebApp("web", { engine, image: "x:1", ...args }))).toContain(message);
});

test.each([
    [{ masterKey: "k", secrets: ["RAILS_MASTER_KEY"] }, "secrets[0]: masterKey is set as well"],
    [
        { masterKey: "k", env: { RAILS_MASTER_KEY: "other" } },
        "masterKey: RAILS_MASTER_KEY is also in env or in a file of envFiles; keep one of the two",
    ],
    [
        { secretKeyBase: "k", env: { SECRET_KEY_BASE: "other" } },
        "secretKeyBase: SECRET_KEY_BASE is also in env or in a file of envFiles; keep one of the two",
    ],
    [{ secretKeyBase: "k", secrets: ["SECRET_KEY_BASE"] }, "secrets[0]: secretKeyBase is set as well"],
    [{ database: db, secrets: ["UID"] }, "secrets[0]: UID is a read-only variable of the shell"],
])("refuses %j for a Rails application", async (args, message) => {
    configure({ RAILS_MASTER_KEY: "1", SECRET_KEY_BASE: "1", UID: "1" });
    expect(await refusal(() => new RailsWebApp("shop", { image: "x:1", ...args }))).toContain(message);
});
