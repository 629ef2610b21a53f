import { join } from "node:path";
import type { Container } from "../../../../cli/repair/drift.ts";
import {
    findLostRoutes,
    findRoutesLostBySwarm,
    findStaleTargets,
} from "../../../../cli/repair/lost-routes.ts";
import { Sandbox } from "../../sandbox.ts";

const command = (name: string, environment: object, more = {}) => ({
    type: "command:local:Command",
    urn: `urn:pulumi:dev::shop::drydock:index:WebApp$command:local:Command::${name}`,
    inputs: { environment },
    ...more,
});

const registration = { OWNER: "shop.dev.web", GATEWAYS: "shop-dev-front\nelse-dev-front", ONLY_STACK: "" };

describe("routes that a gateway has lost", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.program("docker", "printf 'shop.dev.web\\nblog.dev.web\\n'");
    });
    afterEach(() => {
        sandbox.dispose();
    });

    const gateway = (name: string, state = "running"): Container => ({
        ...{ id: `${name}-id`, name, state, status: "", networks: [], ports: "" },
        env: { PATH: `${join(sandbox.dir, "bin")}:${process.env.PATH ?? ""}` },
    });
    const lost = async (resources: object[], containers: Container[], missing: string[] = []) => {
        const docker = { containers, networks: [], volumes: [], services: [] };
        const missingVolumes = missing.map((id) => ({ type: "docker:index/volume:Volume", id }));
        const found = await findLostRoutes(resources as never, docker, missingVolumes);
        return found.map(({ urn, gateway }) => [urn.split("::").at(-1), gateway]);
    };

    test("are those that its volume lacks", async () => {
        const running = [gateway("shop-dev-front"), gateway("else-dev-front")];
        expect(await lost([command("web-routes", registration)], running)).toEqual([]);
        const other = { ...registration, OWNER: "shop.dev.other" };
        expect(await lost([command("other-routes", other)], running)).toEqual([
            ["other-routes", "shop-dev-front"],
            ["other-routes", "else-dev-front"],
        ]);
        expect(sandbox.calls()).toContain(
            'docker exec shop-dev-front-id sh -c mkdir -p "$0" && ls "$0" /config/drydock/routes',
        );
    });

    test("are those of a gateway whose container and volume are gone", async () => {
        const routes = [command("web-routes", registration)];
        const running = [gateway("else-dev-front")];
        expect(await lost(routes, running, ["shop.dev.front.config"])).toEqual([
            ["web-routes", "shop-dev-front"],
        ]);
        expect(await lost(routes, running, ["shop.dev.front"])).toEqual([]);
    });

    test.each<[string, object, string, string]>([
        ["a gateway that has stopped", command("web-routes", registration), "exited", "exit 1"],
        ["a gateway that does not answer", command("web-routes", registration), "running", "exit 1"],
        [
            "a throwaway stack",
            command("web-routes", { ...registration, ONLY_STACK: "preview-1" }),
            "running",
            "",
        ],
        [
            "a Command that is to be deleted",
            command("web-routes", registration, { delete: true }),
            "running",
            "",
        ],
        ["a Command of the user", command("my-routes", {}), "running", ""],
    ])("are not looked for in %s", async (_, resource, state, docker) => {
        sandbox.program("docker", docker);
        expect(await lost([resource], [gateway("shop-dev-front", state)])).toEqual([]);
    });
});

describe("stale targets of gateways", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
    });
    afterEach(() => {
        sandbox.dispose();
    });

    const container = (name: string, state = "running"): Container => ({
        ...{ id: `${name}-id`, name, state, status: "", networks: [], ports: "" },
        env: { PATH: `${join(sandbox.dir, "bin")}:${process.env.PATH ?? ""}` },
    });
    const traffic = {
        ...{ CONTAINER_ID: "shop-dev-web-2-id", HOST: "shop-dev-web", GATEWAYS: "shop-dev-front" },
        GATEWAY_NETWORKS: "shop-dev-front",
    };
    const stale = async (targets: string, containers: Container[], more = {}) => {
        sandbox.program("docker", targets);
        const docker = { containers, networks: [], volumes: [], services: [] };
        const found = await findStaleTargets([command("web-traffic", traffic, more)] as never, docker);
        return found.map(({ urn, gateway }) => [urn.split("::").at(-1), gateway]);
    };

    test("name other containers, or are missing", async () => {
        const running = [container("shop-dev-front"), container("shop-dev-web-2")];
        expect(await stale("echo shop-dev-web shop-dev-web-2", running)).toEqual([]);
        const found = [["web-traffic", "shop-dev-front"]];
        expect(await stale("echo shop-dev-web shop-dev-web-1", running)).toEqual(found);
        expect(await stale("echo shop-dev-web shop-dev-web", running)).toEqual(found);
        expect(await stale("echo shop-dev-other shop-dev-web-2", running)).toEqual(found);
    });

    test("are not looked for without the container, or in a gateway that does not answer", async () => {
        const [front, web] = [container("shop-dev-front"), container("shop-dev-web-2")];
        expect(await stale("", [front])).toEqual([]);
        expect(await stale("", [web])).toEqual([]);
        expect(await stale("", [container("shop-dev-front", "exited"), web])).toEqual([]);
        expect(await stale("exit 1", [front, web])).toEqual([]);
        expect(await stale("", [front, web], { delete: true })).toEqual([]);
    });
});

describe("routes that a Swarm has lost", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.program("docker", "printf 'shop-dev-front shop.dev.web\\nelse-dev-front shop.dev.web\\n'");
    });
    afterEach(() => {
        sandbox.dispose();
    });

    const labels = { GATEWAY_LABEL: "drydock-gateway", OWNER_LABEL: "drydock-gateway-owner" };
    const app = { ...labels, ...registration };
    const front = {
        ...{ ...labels, OWNER: "shop.dev.front", GATEWAY: "shop-dev-front" },
        ROUTES_SERVICE: "shop-dev-front-routes",
    };
    const lost = async (resource: object, ...names: string[]) => {
        const services = names.map((name) => ({ id: name, name, running: 1, wanted: 1, ports: "" }));
        const docker = { containers: [], networks: [], volumes: [], services };
        const env = { PATH: `${join(sandbox.dir, "bin")}:${process.env.PATH ?? ""}` };
        const found = await findRoutesLostBySwarm([resource] as never, docker, [env]);
        return found.map(({ urn, gateway }) => [urn.split("::").at(-1), gateway]);
    };

    test("are those of an application without a secret for the gateway", async () => {
        expect(await lost(command("web-routes", app))).toEqual([]);
        sandbox.program("docker", "printf 'else-dev-front shop.dev.web\\nshop-dev-front shop.dev.other\\n'");
        expect(await lost(command("web-routes", app))).toEqual([["web-routes", "shop-dev-front"]]);
        const throwaway = { ...app, ONLY_STACK: "preview-1" };
        expect(await lost(command("web-routes", throwaway))).toEqual([]);
    });

    test("are those of a gateway without its routes service", async () => {
        expect(await lost(command("front-routes", front), "shop-dev-front-routes")).toEqual([]);
        expect(await lost(command("front-routes", front), "shop-dev-front")).toEqual([
            ["front-routes", "shop-dev-front"],
        ]);
        expect(await lost(command("front-routes", front, { delete: true }))).toEqual([]);
    });

    test("are not known without a manager of the Swarm", async () => {
        sandbox.program("docker", "exit 1");
        expect(await lost(command("front-routes", front))).toEqual([]);
        expect(await lost(command("web-routes", app))).toEqual([]);
    });

    test("are not looked for in a stack without gateways on a Swarm", async () => {
        expect(await lost(command("web-routes", registration))).toEqual([]);
        expect(sandbox.calls()).toEqual([]);
    });
});
