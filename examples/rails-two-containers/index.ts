import * as pulumi from "@pulumi/pulumi";
import {
    type Connection,
    LinkStyle,
    parseConnection,
    PostgresService,
    RailsWebApp,
    Task,
} from "pulumi-drydock";

const config = new pulumi.Config();
const registry = config.require("registry");
const port = config.requireNumber("port");

// docker run -p ::5432 --name db -e POSTGRESQL_DB=hartl -e POSTGRESQL_USER=docker -e POSTGRESQL_PASS=docker kamui/postgresql
const db = new PostgresService("db", { database: "hartl", username: "docker", publish: {} });

/** Three ways to tell the application where its database is. */
const wirings = {
    // docker run --link db:dockerdb
    link: () => ({ links: { dockerdb: db.connection }, linkStyle: LinkStyle.Docker }),
    // docker run -e DOCKERDB_ENV_POSTGRESQL_DB=hartl -e DOCKERDB_ENV_POSTGRESQL_USER=docker ...
    variables: () => ({ env: databaseVariables(db.connection), networks: [db.connection.network] }),
    // docker run -e DOCKERDB_PORT_5432_TCP_ADDR=10.0.2.2 -e DOCKERDB_PORT_5432_TCP_PORT=15432 ...
    host: () => ({ env: databaseVariables(config.requireSecret("databaseUrl").apply(parseConnection)) }),
};

function databaseVariables(connection: pulumi.Output<Connection>) {
    const part = (name: "database" | "username" | "password" | "host" | "port") =>
        connection.apply(({ [name]: value = "" }) => String(value));
    return {
        DOCKERDB_ENV_POSTGRESQL_DB: part("database"),
        DOCKERDB_ENV_POSTGRESQL_USER: part("username"),
        DOCKERDB_ENV_POSTGRESQL_PASS: part("password"),
        DOCKERDB_PORT_5432_TCP_ADDR: part("host"),
        DOCKERDB_PORT_5432_TCP_PORT: part("port"),
    };
}

const allowedValues = ["link", "variables", "host"] as const;
const wiring = wirings[config.require("wiring", { allowedValues: [...allowedValues] })]();

// docker build -t $DOCKERUSER/docker_quick_start . && docker push $DOCKERUSER/docker_quick_start
// docker run -P --name web --link db:dockerdb $DOCKERUSER/docker_quick_start
const web = new RailsWebApp("web", {
    build: {
        context: "../../apps/sample",
        push:
            registry === ""
                ? undefined
                : {
                      image: registry,
                      username: config.get("registryUser"),
                      password: config.getSecret("registryPassword"),
                  },
    },
    ...wiring,
    migration: ["bin/rails", "db:prepare"],
    publish: { port: port === 0 ? undefined : port },
});

// bundle exec rspec spec
const specs = new Task("specs", { image: web.image, command: ["bin/rails", "test"], ...wiring });

// docker run --rm --link db:bleacher_report learningdocker/docker_quick_start env
const env = new Task("env", {
    image: web.image,
    command: ["env"],
    quiet: true,
    links: { bleacher_report: db.connection },
    linkStyle: LinkStyle.Docker,
});

export const url = web.url;
export const postgres = db.address;
export const psql = pulumi.interpolate`psql -h 127.0.0.1 -p ${db.address.apply((address) => address.split(":")[1])} -U docker hartl`;
export const databasePassword = db.connection.password;
export const tested = pulumi.unsecret(specs.stdout).apply((output) => /^\d+ runs, .*$/m.exec(output)?.[0]);
export const environment = env.stdout;
