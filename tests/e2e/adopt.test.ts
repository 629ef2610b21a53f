import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application } from "./application.ts";
import { freePort } from "./network.ts";
import { soakTest } from "./soak-test.ts";

const PAGES = join(import.meta.dirname, "../../docs/how-to");

/** The lines of the shell in a section of a page. */
function linesOf(page: string, heading: string): string[] {
    const text = readFileSync(join(PAGES, page), "utf8");
    const [, section = ""] = new RegExp(`^#+ ${heading}\n([^]*?)(?=^#|(?![^]))`, "m").exec(text) ?? [];
    return [...section.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, lines = ""]) =>
        lines
            .split("\n")
            .map((line) => line.replace(/ +#.*/, ""))
            .filter(Boolean),
    );
}

/** An old setup in plain Docker, and the page that says how to move it. */
class Setup {
    readonly application: Application;
    readonly name: string;

    constructor(name: string) {
        this.name = `${name}${process.pid}`;
        this.application = new Application(this.name);
    }

    docker(command: string): string {
        return this.application.shell(`docker ${command}`);
    }

    /** Starts an old Postgres, and waits until it takes connections. */
    async startPostgres(container: string, options: string): Promise<void> {
        this.docker(`run --detach --name ${container} ${options} postgres:17`);
        await this.waitForPostgres(container);
    }

    async waitForPostgres(container: string): Promise<void> {
        // By TCP: the server that initializes the data directory has a socket only.
        const ready = `docker exec ${container} pg_isready --quiet --host 127.0.0.1`;
        const { code, output } = await this.application.clone.run(
            `for i in $(seq 60); do ${ready} && exit; sleep 1; done; exit 1`,
        );
        if (code !== 0) throw new Error(output);
    }

    sql(container: string, statement: string): string {
        const psql = "psql --username shop --dbname shop_live --tuples-only --no-align --quiet";
        return this.docker(`exec ${container} ${psql} --command "${statement}"`);
    }

    rows(container: string): string[] {
        return this.sql(container, "select text from notes order by text").split("\n");
    }

    /**
     * Follows the lines of a page. Those of other tools are what these tools do with Docker.
     *
     * @returns the output of drydock
     */
    async follow(
        page: string,
        heading: string,
        answers: Record<string, () => unknown>,
        env: NodeJS.ProcessEnv = {},
    ): Promise<string> {
        let printed = "";
        for (const line of linesOf(page, heading)) {
            const [, own] = /^npx pulumi-drydock (.*)/.exec(line) ?? [];
            const answer = answers[line];
            if (own !== undefined) {
                const { code, output } = await this.application.drydock(`${own} --yes`, env);
                if (code !== 0) throw new Error(output);
                printed += output;
            } else if (answer === undefined) throw new Error(`${page} has the line ${line}`);
            else await answer();
        }
        return printed;
    }
}

describe("a volume of Docker Compose", () => {
    const setup = new Setup("compose");
    const { application, name } = setup;
    const [db, cache] = [`${name}-db-1`, `${name}-cache-1`];
    const volumes = [`${name}_db-data`, `${name}_cache-data`];
    const docker = (verb: string) => () => setup.docker(`${verb} ${db} ${cache}`);
    const label = (service: string) =>
        `--label com.docker.compose.project=${name} --label com.docker.compose.service=${service}`;

    beforeAll(async () => {
        application.write(
            "compose.yaml",
            `services:
  db:
    image: postgres:17
    environment: { POSTGRES_DB: shop_live, POSTGRES_USER: shop, POSTGRES_PASSWORD: "\${DB_PASSWORD}" }
    volumes: [db-data:/var/lib/postgresql/data]
  cache:
    image: redis:8
    volumes: [cache-data:/data]
volumes: { db-data: {}, cache-data: {} }
`,
        );
        application.write(".env", "DB_PASSWORD=as-it-was\n");
        const env = "--env POSTGRES_DB=shop_live --env POSTGRES_USER=shop --env POSTGRES_PASSWORD=as-it-was";
        setup.docker(
            `run --detach --name ${cache} ${label("cache")} --volume ${name}_cache-data:/data redis:8`,
        );
        await setup.startPostgres(
            db,
            `${label("db")} ${env} --volume ${name}_db-data:/var/lib/postgresql/data`,
        );
        setup.sql(db, "create table notes (text text); insert into notes values ('1 before')");
        setup.docker(`exec ${cache} redis-cli set note before`);
    });
    afterAll(async () => {
        await application.drydock("down --confirm dev");
        setup.docker(`rm --force ${db} ${cache}`);
        setup.docker(`volume rm --force ${volumes.join(" ")}`);
        await application.dispose();
    });

    test("is refused while the old container runs, with the command that stops it", async () => {
        const init = await application.drydock("init --adopt --yes");
        expect(init).toSucceed();
        const { code, output } = await application.drydock("up --yes");
        expect({ code, output }).toExitWith(1);
        // Whichever of the two is checked first.
        expect(output).toMatch(
            new RegExp(
                `volume ${name}_(\\w+)-data is in use by the container ${name}-\\1-1 of the Compose project ${name}`,
            ),
        );
        expect(output).toMatch(new RegExp(`docker compose --project-name ${name} stop (db|cache)`));
        expect(setup.rows(db)).toEqual(["1 before"]);
    });

    test("keeps its rows and its password in the move, with the commands of the page", async () => {
        const output = await setup.follow("from-compose.md", "Take over what Compose runs", {
            "docker compose stop": docker("stop"),
        });
        expect(output).toContain(`To remove it and keep the data: docker rm ${db}`);
        const ours = `${name}-dev-db`;
        expect(setup.rows(ours)).toEqual(["1 before"]);
        expect((await application.drydock("redis-cli get note")).output).toContain("before");
        // By the address of the network: the image trusts 127.0.0.1.
        const url = `postgres://shop:as-it-was@$(hostname -i)/shop_live`;
        const login = `docker exec ${ours} sh -c 'psql ${url} --command "insert into notes values (\\$\\$2 with Drydock\\$\\$)"'`;
        expect(application.shell(login)).toBe("INSERT 0 1");
        await application.drydock("redis-cli set note with-Drydock");
    });

    soakTest(
        "has the rows from before and after the move when it is moved back, with the commands of the page",
        async () => {
            await setup.follow("from-compose.md", "The way back", {
                "docker compose start": docker("start"),
            });
            await setup.waitForPostgres(db);
            expect(setup.rows(db)).toEqual(["1 before", "2 with Drydock"]);
            expect(setup.docker(`exec ${cache} redis-cli get note`)).toBe("with-Drydock");
        },
    );
});

/** An application that shows the rows of its database. It has no Rails, but what a RailsWebApp runs. */
const BIN_RAILS = `#!/bin/sh
case $1 in
server)
    exec perl -MIO::Socket::INET -e '
        my $server = IO::Socket::INET->new(LocalPort => 3000, Listen => 5, ReuseAddr => 1) or die $!;
        while (my $client = $server->accept) {
            while (my $line = <$client>) { last if $line =~ /^\\r?$/ }
            my $rows = qx(psql "$ENV{DATABASE_URL}" --tuples-only --no-align --command "select text from notes order by text");
            print $client "HTTP/1.0 200 OK\\r\\n\\r\\n$rows";
            close $client;
        }'
    ;;
db:prepare) psql "$DATABASE_URL" --command 'select 1' ;;
esac
`;

describe("the directory of a Kamal accessory", () => {
    const setup = new Setup("kamal");
    const { application, name } = setup;
    const db = `${name}-db`;
    const home = `/home/${name}`;
    // Not in the application, whose image has all of its files: Pulumi writes and removes temporary ones there.
    const state = mkdtempSync(join(tmpdir(), "drydock-adopt-state-"));
    const passphrase = { PULUMI_CONFIG_PASSPHRASE_FILE: join(application.directory, "passphrase") };
    const drydock = (line: string) => application.drydock(line, passphrase);
    let gatewayPort = 0;

    beforeAll(async () => {
        application.write(
            "config/deploy.yml",
            `service: ${name}
image: team/${name}
servers: [127.0.0.1]
ssh: { user: ${name} }
env: { secret: [DATABASE_URL] }
proxy: { host: shop.example.com, response_timeout: 90 }
accessories:
  db:
    image: postgres:17
    host: 127.0.0.1
    env:
      clear: { POSTGRES_USER: shop, POSTGRES_DB: shop_live }
      secret: [POSTGRES_PASSWORD]
    directories: [data:/var/lib/postgresql/data]
`,
        );
        application.write(
            "Dockerfile",
            `FROM postgres:17
WORKDIR /app
COPY bin bin
USER postgres
EXPOSE 3000
ENTRYPOINT []
CMD ["bin/rails", "server"]
`,
        );
        application.write("bin/rails", BIN_RAILS);
        application.shell(`chmod +x ${application.directory}/bin/rails`);
        application.write("passphrase", "of the team");
        const env = "--env POSTGRES_DB=shop_live --env POSTGRES_USER=shop --env POSTGRES_PASSWORD=as-it-was";
        await setup.startPostgres(
            db,
            `--label service=${db} ${env} --volume ${home}/${db}/data:/var/lib/postgresql/data`,
        );
        setup.sql(db, "create table notes (text text); insert into notes values ('1 before')");
    });
    afterAll(async () => {
        await drydock("down --stack production --yes --keep-data");
        // Those of the gateway.
        const volumes = setup.docker(`volume ls --quiet --filter label=drydock.project=${name}`);
        if (volumes !== "") setup.docker(`volume rm ${volumes.replaceAll("\n", " ")}`);
        setup.docker(`rm --force ${db}`);
        setup.docker(`run --rm --volume /home:/home --entrypoint rm postgres:17 -rf ${home}`);
        rmSync(state, { recursive: true });
        await application.dispose();
    });

    test("is taken over by the steps that init prints", async () => {
        const open = await application.drydock("init --adopt --yes");
        expect(open).toExitWith(2);
        const [, question] = /^Open \(1\):\n- (.*)/m.exec(open.output) ?? [];
        expect(question).toContain("Where is the state of the stack production kept?");
        expect(open.output).toContain(
            "write `drydock:backend: <URL>` under `config` in infra/Pulumi.production.yaml",
        );
        const settings = "infra/Pulumi.production.yaml";
        const written = application.read(settings);
        gatewayPort = await freePort();
        expect(written).toContain(`docker:host: ssh://${name}@127.0.0.1\n`);
        expect(written).toContain(`${name}:dbDataDirectory: ${home}/${db}/data\n`);
        application.write(
            settings,
            written
                .replace(/docker:host: .*/, "docker:host: unix:///var/run/docker.sock")
                .replace(/gatewayPort: .*/, `gatewayPort: "${gatewayPort}"`)
                .concat(`  drydock:backend: file://${state}?metadata=skip\n`),
        );

        const { code, output } = await application.drydock("init --adopt --yes");
        if (code !== 0) throw new Error(output);
        const [, steps = ""] =
            /^Before the first `npx pulumi-drydock up --stack production`:\n((?: {2}.*\n)+)/m.exec(output) ??
            [];
        for (const line of steps.trim().split("\n")) {
            const [, own = "true"] = /^ *npx pulumi-drydock ([^#]*)/.exec(line) ?? [];
            if (line.includes("PULUMI_CONFIG_PASSPHRASE_FILE=")) continue;
            expect(await drydock(`${own} <<<as-it-was`)).toMatchObject({ code: 0 });
        }
        expect(application.read(settings)).toMatch(/POSTGRES_PASSWORD:\n +secure: /);
    });

    test("is refused while the accessory runs, with the command that stops it", async () => {
        const { code, output } = await drydock("up --stack production --yes");
        expect({ code, output }).toExitWith(1);
        expect(output).toContain(
            `directory ${home}/${db}/data is in use by the container ${db}, which is running`,
        );
        expect(output).toContain(`Stop it (docker stop ${db})`);
        expect(setup.rows(db)).toEqual(["1 before"]);
    });

    /** The image has nothing to send a request with. */
    function checkByTcp(): void {
        const program = application.read("infra/index.ts");
        expect(program).toContain("database: db.connection,");
        const changed = program.replace("database: db.connection,", "$& health: { tcp: true },");
        application.write("infra/index.ts", changed);
    }

    test("keeps its rows in the move, with the commands of the page", async () => {
        await setup.follow(
            "from-kamal.md",
            "Take over what Kamal runs",
            {
                "kamal app stop": checkByTcp,
                "kamal proxy stop": () => undefined,
                "kamal accessory stop db": () => setup.docker(`container stop ${db}`),
            },
            passphrase,
        );
        const page = await drydock("open --url --stack production");
        expect(page.output).toBe(`http://shop.example.com:${gatewayPort}\n`);
        const request = `curl --silent --fail --header 'Host: shop.example.com' http://127.0.0.1:${gatewayPort}`;
        expect(application.shell(request)).toBe("1 before");
        setup.sql(`${name}-production-db`, "insert into notes values ('2 with Drydock')");
    });

    soakTest(
        "has the rows from before and after the move when it is moved back, with the commands of the page",
        async () => {
            await setup.follow(
                "from-kamal.md",
                "The way back",
                {
                    "kamal app start": () => undefined,
                    "kamal proxy start": () => undefined,
                    "kamal accessory start db": () => setup.docker(`container start ${db}`),
                },
                passphrase,
            );
            // Two servers on the same files would corrupt them.
            expect(setup.docker(`ps --quiet --filter name=${name}-production`)).toBe("");
            await setup.waitForPostgres(db);
            expect(setup.rows(db)).toEqual(["1 before", "2 with Drydock"]);
            // The old application can log in, by the address of the network: the image trusts 127.0.0.1.
            const url = "postgres://shop:as-it-was@$(hostname -i)/shop_live";
            expect(application.shell(`docker exec ${db} sh -c 'psql ${url} --command "select 1"'`)).toContain(
                "1 row",
            );
        },
    );
});
