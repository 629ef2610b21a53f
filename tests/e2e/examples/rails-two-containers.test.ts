import { writeFileSync } from "node:fs";
import { hashSync } from "bcryptjs";
import { visibleText } from "../browser.ts";
import { Clone } from "../clone.ts";
import { Example } from "../example.ts";
import { fetchPage } from "../network.ts";
import { soakTest } from "../soak-test.ts";

interface Outputs {
    url: string;
    postgres: string;
    psql: string;
    databasePassword: string;
    environment: string;
    tested: string;
}

describe("rails-two-containers", () => {
    const clone = new Clone();
    const example = new Example(clone, "rails-two-containers");
    const outputs = () => example.outputs() as Outputs;
    const started: string[] = [];

    /** Runs a container and returns the host port that Docker chooses. */
    function runContainer(options: string, port: number): number {
        const id = clone.shell(`docker run --detach --publish 0.0.0.0::${port} ${options}`).trim();
        started.push(id);
        return Number(clone.shell(`docker port ${id} ${port}`).split("\n")[0]?.split(":").at(-1));
    }

    /** Environment of a process in the container. Not /proc/1/environ: Puma overwrites it with its title. */
    const environment = () =>
        Object.fromEntries(
            example
                .exec("web", "env")
                .split("\n")
                .map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []),
        ) as Record<string, string>;

    let url = "";
    let updateOutput = "";
    const works = async () => (await fetchPage(`${url}/users`)).includes("Ada Lovelace");

    beforeAll(async () => {
        updateOutput = await example.up();
        url = outputs().url;
    });
    afterAll(async () => {
        await example.make("down");
        for (const id of started) clone.shell(`docker rm --force --volumes ${id}`);
        expect(example.dockerObjects()).toBe("");
        await clone.dispose();
    });

    test("shows the application in a browser, on a port that was chosen", async () => {
        const text = await visibleText(`${url}/users`, `${clone.dir}/.drydock/rails.png`);
        expect(text).toContain("Ada Lovelace");
    });

    test("gives the application the variables of the link's alias", () => {
        const expected = {
            DOCKERDB_NAME: `/${example.container("web")}/dockerdb`,
            DOCKERDB_PORT: `tcp://${example.container("db")}:5432`,
            DOCKERDB_PORT_5432_TCP_PROTO: "tcp",
            DOCKERDB_PORT_5432_TCP_ADDR: example.container("db"),
            DOCKERDB_PORT_5432_TCP_PORT: "5432",
            DOCKERDB_ENV_POSTGRES_USER: "docker",
            DOCKERDB_ENV_POSTGRES_PASSWORD: outputs().databasePassword,
            DOCKERDB_ENV_POSTGRES_DB: "hartl",
        };
        expect(environment()).toMatchObject(expected);
    });

    test("names the variables after another alias, as the output of `env` shows", () => {
        const { environment } = outputs();
        expect(environment).toMatch(/^BLEACHER_REPORT_PORT=tcp:\/\/.*:5432$/m);
        expect(environment).toMatch(/^BLEACHER_REPORT_ENV_POSTGRES_USER=docker$/m);
        expect(environment).not.toContain("DOCKERDB_");
    });

    test("shows no generated password in the output of the update", () => {
        expect(updateOutput).toContain("0 failures");
        expect(updateOutput).not.toContain(outputs().databasePassword);
    });

    test("accepts psql from the host, with the chosen user, database and password", () => {
        const { psql, databasePassword } = outputs();
        const run = `docker run --rm --network host --env PGPASSWORD=${databasePassword} postgres:17 ${psql}`;
        expect(
            clone.shell(`${run} --tuples-only --no-align --command 'SELECT count(*) > 0 FROM users'`),
        ).toBe("t\n");
    });

    test("runs the specs in a container, and outputs their count", () => {
        expect(outputs().tested).toMatch(/^[1-9]\d* runs, [1-9]\d* assertions, 0 failures, 0 errors/);
    });

    const image = () => example.inspect("web", "{{.Image}}");
    const change = (from: string, to: string) => {
        clone.edit("apps/sample/app/views/home/welcome.html.erb", from, to);
        return example.up();
    };

    test("builds a change of the code on cached layers", async () => {
        const layers = () =>
            JSON.parse(
                clone.shell(`docker image inspect --format '{{json .RootFS.Layers}}' ${image()}`),
            ) as string[];
        const before = layers();
        // Unique, so that the image belongs to this stack only.
        const output = await change("Welcome to", `Ahoy ${process.pid} from`);
        expect(output).toMatch(/CACHED: .*bundle install/);
        expect(await fetchPage(url)).toContain(`Ahoy ${process.pid} from`);
        expect(layers().findIndex((layer, i) => layer !== before[i])).toBeGreaterThan(2);
    });

    soakTest("keeps the old image for a rollback", async () => {
        const replaced = image();
        await change(`Ahoy ${process.pid}`, "Ahoy");
        expect(clone.shell("docker images --quiet --no-trunc")).toContain(replaced);
    });

    soakTest("works with environment variables instead of a link", async () => {
        example.configure({ wiring: "variables" });
        await example.up();
        expect(environment()).toMatchObject({
            DOCKERDB_ENV_POSTGRESQL_DB: "hartl",
            DOCKERDB_ENV_POSTGRESQL_USER: "docker",
            DOCKERDB_PORT_5432_TCP_ADDR: example.container("db"),
        });
        expect(environment()).not.toHaveProperty("DOCKERDB_NAME");
        expect(await works()).toBe(true);
    });

    soakTest("uses a database on the host; the update fails while that is missing", async () => {
        const databaseUrl = (port: number) =>
            `postgres://docker:docker@host.docker.internal:${port}/hartl_development`;
        example.configure({ wiring: "host", "!databaseUrl": databaseUrl(1) });
        const { code, output } = await example.make("up");
        expect({ code, output }).toFail();
        expect(output).toMatch(/could not connect|Connection refused|connection to server/i);
        expect(await works()).toBe(true);

        const settings = ["USER=docker", "PASSWORD=docker", "DB=hartl_development"];
        const env = settings.map((setting) => `--env POSTGRES_${setting}`).join(" ");
        const port = runContainer(`${env} postgres:17`, 5432);
        example.configure({ "!databaseUrl": databaseUrl(port) });
        await example.up();
        expect(environment()).toMatchObject({
            DOCKERDB_PORT_5432_TCP_ADDR: "host.docker.internal",
            DOCKERDB_PORT_5432_TCP_PORT: String(port),
        });
        expect(await works()).toBe(true);
        const count = `psql --username docker --tuples-only --command 'SELECT count(*) > 0 FROM users' hartl_development`;
        expect(clone.shell(`docker exec ${started.at(-1) ?? ""} ${count}`).trim()).toBe("t");
    });

    soakTest("pushes its image to a registry that requires a login, and runs it from there", async () => {
        writeFileSync(`${clone.dir}/htpasswd`, `hartl:${hashSync("anchor", 4)}\n`);
        const auth = "--env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=r";
        const file = `--env REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd --volume ${clone.dir}/htpasswd:/htpasswd:ro`;
        const port = runContainer(`${auth} ${file} registry:2`, 5000);
        const image = `127.0.0.1:${port}/hartl/sample:1`;
        example.configure({ registry: image, registryUser: "hartl", "!registryPassword": "wrong" });
        expect(await example.make("up")).toFail();

        example.configure({ "!registryPassword": "anchor" });
        await example.up();
        expect(example.inspect("web", "{{.Config.Image}}")).toMatch(
            new RegExp(`^127.0.0.1:${port}/hartl/sample@sha256:`),
        );
        const tags = `http://127.0.0.1:${port}/v2/hartl/sample/tags/list`;
        expect((await fetch(tags)).status).toBe(401);
        const authorization = `Basic ${Buffer.from("hartl:anchor").toString("base64")}`;
        expect(await (await fetch(tags, { headers: { authorization } })).json()).toMatchObject({
            tags: ["1"],
        });
        expect(await works()).toBe(true);
        clone.shell(`docker image rm --force ${image}`);
    });
});
