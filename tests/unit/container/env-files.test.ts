import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    Engine,
    type EnvFileArgs,
    PostgresService,
    RailsWebApp,
    RedisService,
    Service,
    Task,
    WebApp,
    type WebAppArgs,
} from "../../../components/index.ts";
import { COMMAND, refusal, run, TASK_CONTAINER } from "../../../testing/index.ts";
import { ENGINES, nonSecretText, runOn, withoutOutputs } from "../engines/index.ts";

const directory = mkdtempSync(join(tmpdir(), "drydock-env-files-"));
afterAll(() => {
    rmSync(directory, { recursive: true });
});

function file(name: string, content: string): EnvFileArgs {
    const path = join(directory, name);
    writeFileSync(path, content);
    return { path };
}

const common = file(
    ".env",
    "export SMTP_PASSWORD='a$b#c'\nLOG_LEVEL=debug # noisy\nGREETING=\"two\\nlines\"\nEMPTY=\ndiscovery.type=single-node\n",
);
const local = file(".env.local", "GREETING=${GREETING}!\n");
const missing = { path: join(directory, ".env.missing"), optional: true };

const EXPECTED = {
    SMTP_PASSWORD: "a$b#c",
    LOG_LEVEL: "warn",
    GREETING: "two\nlines!",
    EMPTY: "",
    "discovery.type": "single-node",
};
const ARGS = { envFiles: [common, missing, local], env: { LOG_LEVEL: "warn" } };

describe.each(ENGINES)("on %s", (engine) => {
    test("containers have the variables of the files; env wins, and later files over earlier ones", async () => {
        const program = () => {
            new WebApp("web", { engine, image: "x:1", ...ARGS });
            new PostgresService("db", { engine, ...ARGS });
            new RedisService("cache", { engine, ...ARGS });
            new Service("search", { engine, image: "x:1", ...ARGS });
        };
        const result = await runOn(engine, withoutOutputs(program));
        for (const name of ["web", "db", "cache", "search"]) {
            expect(result.container(name).env).toMatchObject(EXPECTED);
            expect(result.container(name).secrets).toContain("env");
        }
        const shown = nonSecretText(result);
        for (const value of ["a$b#c", "two\\nlines", "single-node"]) expect(shown).not.toContain(value);
    });

    test("a process has the application's files and its own", async () => {
        const processes = { worker: { command: ["work"], envFiles: [file("worker", "A=1\nEMPTY=no")] } };
        const app = withoutOutputs(() => new WebApp("web", { engine, image: "x:1", ...ARGS, processes }));
        const { container } = await runOn(engine, app);
        expect(container("web-worker").env).toMatchObject({ ...EXPECTED, A: "1", EMPTY: "no" });
        expect(container("web").env).toMatchObject({ EMPTY: "" });
        expect(container("web").env).not.toHaveProperty("A");
    });

    test("env files override the variables of links and the defaults of Rails", async () => {
        const database = { scheme: "postgres", host: "db", port: 5432 };
        const envFiles = [file("rails", "RAILS_ENV=staging\nDATABASE_URL=postgres://other\nPORT=4000")];
        const app = withoutOutputs(
            () => new RailsWebApp("web", { engine, image: "x:1", database, envFiles, migration: [] }),
        );
        const { container } = await runOn(engine, app);
        expect(container().env).toMatchObject({ RAILS_ENV: "staging", DATABASE_URL: "postgres://other" });
        expect(container().health?.test.join(" ")).toContain("4000");
    });
});

test("a Task has the variables, and runs again when one changes", async () => {
    const task = async (envFiles: EnvFileArgs[]) => {
        const { one } = await run(
            withoutOutputs(() => new Task("seed", { image: "x:1", command: ["seed"], envFiles })),
        );
        return { command: one(COMMAND, "seed-run"), container: one(TASK_CONTAINER) };
    };
    const { command, container } = await task([common]);
    expect(container.inputs.envs).toContain("GREETING=two\nlines");
    expect(command.secrets).toContain("environment");
    const [before, after] = [command, (await task([common, local])).command];
    expect(before.inputs.environment).not.toEqual(after.inputs.environment);
});

test.each<[string, Partial<WebAppArgs>]>([
    [
        'envFiles[0].path: "missing/.env" is not a file on this machine; create it, correct the path, which is relative to the project directory, or set optional',
        { envFiles: [{ path: "missing/.env" }] },
    ],
    [`envFiles[0].path: "${directory}" is not a file`, { envFiles: [{ path: directory, optional: true }] }],
    ["envFiles[1].path: ", { envFiles: [common, file("open", "A='x")] }],
    ['open", line 1: the value of A has no closing quote', { envFiles: [file("open", "A='x")] }],
    ['"É" is not the name of an environment variable', { envFiles: [file("name", "É=1")] }],
    ["envFiles[0].path: must be a string", { envFiles: [{} as never] }],
    [
        'envFiles[0].optional: "maybe" is not a boolean',
        { envFiles: [{ ...common, optional: "maybe" as never }] },
    ],
    ["envFiles: must be a list", { envFiles: ".env" as never }],
    [
        "processes.worker.envFiles[0].path: ",
        { processes: { worker: { command: ["w"], envFiles: [{ path: "missing" }] } } },
    ],
    ['env.PORT: "http" is not a port', { envFiles: [file("port", "PORT=http")] }],
])("refuses %s", async (message, args) => {
    expect(await refusal(() => new WebApp("web", { image: "x:1", ...args }))).toContain(message);
});

test.each([
    [
        "a variable that the docker command would act on, of a Task",
        () => new Task("t", { image: "x:1", command: ["x"], envFiles: [file("docker", "DOCKER_HOST=x")] }),
        "env.DOCKER_HOST",
    ],
    [
        "a read-only variable of the shell, on a Swarm",
        () => new WebApp("w", { engine: Engine.Swarm, image: "x:1", envFiles: [file("uid", "UID=1")] }),
        "env.UID",
    ],
    [
        "a variable that secrets names too",
        () =>
            new WebApp("w", {
                image: "x:1",
                envFiles: [file("key", "STRIPE_KEY=x")],
                secrets: ["STRIPE_KEY"],
            }),
        "secrets[0]: STRIPE_KEY is also in env or in a file of envFiles",
    ],
    [
        "a variable that has an argument, of a Postgres",
        () => new PostgresService("db", { envFiles: [file("shared", "POSTGRES_PASSWORD=x")] }),
        "envFiles: POSTGRES_PASSWORD is the password of the role; leave it out, and use password. If the application needs it in the file, leave out envFiles here",
    ],
    [
        "a variable that has an argument, of a Postgres with env files",
        () => new PostgresService("db", { envFiles: [common], env: { PGDATA: "/x" } }),
        "env.PGDATA: is the path of the data",
    ],
])("refuses %s", async (_, program, message) => {
    expect(await refusal(program)).toContain(message);
});
