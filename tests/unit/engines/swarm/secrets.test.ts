import * as pulumi from "@pulumi/pulumi";
import {
    Engine,
    LinkStyle,
    PostgresService,
    RailsWebApp,
    RedisService,
    WebApp,
} from "../../../../components/index.ts";
import { SERVICE_CONFIG, GENERATED, RANDOM_PASSWORD, SECRET } from "../../../../testing/index.ts";
import { decoded, type EngineRun, nonSecretText, runOn } from "../index.ts";

describe("a secret value of a program on a Swarm", () => {
    const secrets = ["postgres-secret", "redis-secret", "master-secret", "script-secret", "own-secret"];
    const [postgres = "", redis = "", masterKey = "", script = "", own = ""] = secrets;
    let all: EngineRun;
    beforeAll(async () => {
        all = await runOn(Engine.Swarm, (engine) => {
            const initScripts = { "10-roles.sql": pulumi.secret(`PASSWORD '${script}'`) };
            const db = new PostgresService("db", { engine, password: postgres, initScripts });
            const cache = new RedisService("cache", { engine, password: redis });
            const generated = new RedisService("generated", { engine });
            const processes = { worker: { command: ["w"] } };
            new RailsWebApp("shop", {
                engine,
                image: "x:1",
                database: db.connection,
                redis: cache.connection,
                processes,
                masterKey,
                env: { OWN: own },
            });
            const links = { db: db.connection, cache: generated.connection };
            new WebApp("docker-style", { engine, image: "x:1", links, linkStyle: LinkStyle.Docker });
            return {};
        });
    });

    test.each([...secrets, GENERATED.password])(
        "is in docker.Secrets, and nowhere in plain text: %s",
        (text) => {
            const holders = all.declared.filter(
                ({ type, inputs }) => type === SECRET && decoded(inputs.data).includes(text),
            );
            expect(holders).not.toEqual([]);
            for (const { secrets } of holders) expect(secrets).toContain("data");
            expect(nonSecretText(all)).not.toContain(text);
        },
    );

    test("is in no service, no config and no script, not even as a secret of the state", () => {
        const others = all.declared.filter(({ type }) => type !== SECRET && type !== RANDOM_PASSWORD);
        expect(others.map(({ type }) => type)).toContain(SERVICE_CONFIG);
        for (const { name, inputs } of others) {
            // A Task is a container and not a service: its environment is in the state, as a secret.
            const { environment, envs, ...rest } = inputs;
            const shown = name === "shop-migration-run" ? rest : { ...rest, environment, envs };
            const text = [JSON.stringify(shown), decoded(inputs.data)].join("\n");
            // So are the variables of a release that the program sets itself.
            const recorded = name === "shop-release-variables" ? [own] : [];
            for (const secret of [...secrets, GENERATED.password].filter(
                (secret) => !recorded.includes(secret),
            ))
                expect([name, text.includes(secret)]).toEqual([name, false]);
        }
    });
});
