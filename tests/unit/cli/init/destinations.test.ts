import { CONTAINER } from "../../../../testing/index.ts";
import { PUMA } from "./files.ts";
import { declare, environment, initialize, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

const DOCKERFILE = "FROM ruby:3.4\nWORKDIR /rails\nEXPOSE 80\n";

/** An application with nothing that runs in deploy.yml: its destinations have all of it. */
const SPLIT = {
    Dockerfile: DOCKERFILE,
    "config/deploy.yml": `service: mill
image: acme/mill
require_destination: true
logging: { options: { max-size: 20m } }
env: { clear: { ROWS: 1 }, secret: [RAILS_MASTER_KEY] }
`,
    "config/deploy.production.yml": `servers:
  web: [192.0.2.10]
  jobs: { hosts: [192.0.2.10], cmd: bin/jobs, options: { memory: 1g } }
accessories:
  db:
    image: postgres:16
    host: 192.0.2.10
    env: { clear: { POSTGRES_DB: mill_production, POSTGRES_USER: miller }, secret: [POSTGRES_PASSWORD] }
    directories: ["data:/var/lib/postgresql/data"]
env: { clear: { ROWS: 1, FLOUR: white } }
`,
    "config/deploy.staging.yml": `servers:
  web: [192.0.2.20]
  jobs: { hosts: [192.0.2.20], cmd: bin/jobs, options: { memory: 512m } }
accessories:
  db: { image: "postgres:16", host: 192.0.2.20, env: { clear: { POSTGRES_USER: miller } } }
  meter: { image: "acme/meter:1", host: 192.0.2.20, port: "127.0.0.1:7000:7000" }
env:
  clear: { RAILS_ENV: staging, METER_URL: "http://mill-meter:7000/in" }
  secret: [RAILS_MASTER_KEY, GRIND_KEY]
`,
};

test("roles and accessories that only destinations have are in the program", async () => {
    const { program, rows } = await initialize(SPLIT);
    expect(program).toContain('processes: { jobs: { command: ["bin/jobs"], memory: "1g" } }');
    expect(program).toMatch(/new PostgresService\("db", {\s+version: "16",\s+database: "mill_production"/);
    expect(program).toContain('new Service("meter"');
    expect(rows).toContainEqual(expect.stringContaining("accessories.meter differently"));
    expect(rows).toContainEqual(expect.stringContaining("servers.jobs.options no  make it a setting"));
    // What is the same everywhere is not reported.
    expect(rows.join("\n")).not.toMatch(/accessories\.db\.\w+ no/);
});

test("a variable that one destination has is missing on the others, and names no host of the old setup", async () => {
    const { program, settings, rows } = await initialize(SPLIT);
    expect(program).toContain("...(flour && { FLOUR: flour })");
    expect(program).toContain('ROWS: "1"');
    expect(settings.railsEnv?.default).toBe("production");
    expect(program).toContain("meter: meter.connection");
    expect(program).not.toContain("mill-meter");
    expect(rows).toContainEqual(expect.stringMatching(/env\.clear\.METER_URL yes links\.meter for every/));
});

test("a secret of one destination may be missing on the others", async () => {
    const { program, output } = await initialize(SPLIT);
    expect(program).toContain(
        '...(config.getSecret("GRIND_KEY") && { GRIND_KEY: config.requireSecret("GRIND_KEY") })',
    );
    expect(output).not.toContain("The secret GRIND_KEY is not set");
    expect(output).toContain("secrets set GRIND_KEY --stack staging   # if this stack has it");
});

test("`logging` of the whole file applies to every container", async () => {
    const { program } = await initialize(SPLIT);
    const own = 'logging: { driver: "json-file", options: { "max-size": "20m" } }';
    expect(program.split(own)).toHaveLength(4);
});

test.each([
    ["builds from another directory", { "config/deploy.echo.yml": "builder: { context: echo }" }],
    ["has destinations of its own", { "config/deploy.echo.yml": "", "config/deploy.echo.eu.yml": "" }],
])("a file that %s is another application", async (_, others) => {
    const files = Object.entries(others).map(([path, text]) => [
        path,
        `service: echo\nimage: acme/echo\nservers: [192.0.2.30]\nenv: { clear: { ECHO: 1 } }\n${text}\n`,
    ]);
    const { program, written, output } = await initialize({
        ...SPLIT,
        ...(Object.fromEntries(files) as Record<string, string>),
    });
    expect(output).toContain("config/deploy.echo.yml: not read, as it deploys another application, echo");
    expect(Object.keys(written)).not.toContain("infra/Pulumi.echo.yaml");
    expect(program).not.toContain("ECHO");
});

test("a destination with the service and image of its own is a stack", async () => {
    const { written } = await initialize({
        ...SPLIT,
        "config/deploy.beta.yml": "service: mill-beta\nimage: acme/mill-beta\nservers: [192.0.2.40]\n",
    });
    expect(written["infra/Pulumi.beta.yaml"]).toContain("ssh://root@192.0.2.40");
});

test("the destination dev is not the stack of the developer's machine", async () => {
    const { written, output } = await initialize({
        ...SPLIT,
        "config/deploy.dev.yml": "servers: [192.0.2.50]\n",
    });
    expect(written["infra/Pulumi.dev.yaml"]).not.toContain("192.0.2.50");
    expect(written["infra/Pulumi.dev-server.yaml"]).toContain("ssh://root@192.0.2.50");
    expect(output).toContain("config/deploy.dev.yml: the stack is called dev-server");
});

test("hosts that only destinations have are settings, whatever else the proxy has", async () => {
    const { program, read } = await initialize({
        Dockerfile: DOCKERFILE,
        "config/deploy.yml": "service: mill\nservers: [192.0.2.10]\nproxy: { response_timeout: 60 }\n",
        "config/deploy.production.yml": "servers: [192.0.2.10]\nproxy: { host: mill.example.org }\n",
        "config/deploy.staging.yml":
            "servers: [192.0.2.20]\nproxy: { host: try.mill.example.org, ssl: { certificate_pem: A, private_key_pem: B } }\n",
    });
    expect(program).toContain("host: millHost, timeout: 60");
    expect(read("infra/Pulumi.production.yaml")).toContain("mill:millHost: mill.example.org");
    expect(read("infra/Pulumi.staging.yaml")).toContain("mill:millHost: try.mill.example.org");
});

test("what all destinations have and deploy.yml does not is in the program", async () => {
    const { program, rows } = await initialize({
        Dockerfile: "FROM ruby:3.4\nWORKDIR /rails\n",
        "Gemfile.lock": "GEM\n  specs:\n    rails (8.0.2)\n\nDEPENDENCIES\n  rails\n",
        "config/deploy.yml": "--- {}\n",
        "config/deploy.beta.yml": `service: mill-beta
servers: [192.0.2.20]
volumes: ["grain:/rails/storage", "/srv/sacks:/sacks"]
proxy: { host: try.example.org, app_port: 4000, healthcheck: { path: /ok }, response_timeout: 90 }
`,
        "config/deploy.production.yml": `service: mill
servers: [192.0.2.10]
volumes: ["grain:/rails/storage", "/srv/sacks:/sacks"]
proxy: { host: mill.example.org, app_port: 4000, healthcheck: { path: /ok } }
`,
    });
    expect(program).toContain('new RailsWebApp("mill"');
    expect(program).toContain('mounts: [{ path: "/sacks", hostPath: "/srv/sacks" }]');
    expect(program).toMatch(/port: 4000,\n\s+health: { path: "\/ok" }/);
    expect(rows).toContainEqual(expect.stringMatching(/deploy\.production\.yml volumes differently/));
    expect(rows).toContainEqual(expect.stringMatching(/deploy\.beta\.yml service no/));
    expect(rows).toContainEqual(expect.stringMatching(/deploy\.beta\.yml proxy\.response_timeout no/));
    expect(program).not.toContain("timeout: 90");
});

test("destinations of Kamal have their variables as settings, and hooks are reported", async () => {
    const result = await initialize({
        "config/deploy.yml":
            "service: shop\nservers: [203.0.113.7, 203.0.113.8]\nenv: { clear: { LOG_LEVEL: info } }\nssh: { user: app }\n",
        "config/deploy.staging.yml": "servers: [203.0.113.9]\nenv: { clear: { LOG_LEVEL: debug } }\n",
        ".kamal/hooks/post-deploy": "#!/bin/sh\n",
        Dockerfile: PUMA,
    });
    expect(result.read("infra/Pulumi.staging.yaml")).toContain("docker:host: ssh://app@203.0.113.9");
    expect(result.read("infra/Pulumi.staging.yaml")).toContain("shop:logLevel: debug");
    expect(result.read("infra/Pulumi.production.yaml")).toContain("docker:host: ssh://app@203.0.113.7");
    expect(result.output).toContain("production has 2 hosts");
    expect(result.rows).toEqual(expect.arrayContaining([expect.stringContaining("hooks post-deploy no")]));
    const { one } = await declare(result);
    expect(environment(one(CONTAINER, "shop")).LOG_LEVEL).toBe("info");
});
