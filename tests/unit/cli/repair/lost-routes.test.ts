import { join } from "node:path";
import type { Container } from "../../../../cli/repair/drift.ts";
import { findLostRoutes } from "../../../../cli/repair/lost-routes.ts";
import { Sandbox } from "../../scripts/sandbox.ts";

const command = (name: string, environment: object, more = {}) => ({
    type: "command:local:Command",
    urn: `urn:pulumi:dev::shop::drydock:index:WebApp$command:local:Command::${name}`,
    inputs: { environment },
    ...more,
});

const registration = { OWNER: "shop.dev.web", GATEWAYS: "shop-dev-front\nelse-dev-front", ONLY_STACK: "" };

describe("routes that a gateway has lost", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
        box.program("docker", "printf 'shop.dev.web\\nblog.dev.web\\n'");
    });
    afterEach(() => {
        box.dispose();
    });

    const gateway = (name: string, state = "running"): Container => ({
        ...{ id: `${name}-id`, name, state, status: "", networks: [], ports: "" },
        env: { PATH: `${join(box.dir, "bin")}:${process.env.PATH ?? ""}` },
    });
    const lost = async (resources: object[], containers: Container[], missing: string[] = []) => {
        const docker = { containers, networks: [], volumes: [], services: [] };
        const missingVolumes = missing.map((id) => ({ type: "docker:index/volume:Volume", id }));
        const found = await findLostRoutes(resources as never, docker, missingVolumes);
        return found.map(({ urn, gateway }) => [urn.split("::").at(-1), gateway]);
    };

    test("are those that are not on its volume", async () => {
        const running = [gateway("shop-dev-front"), gateway("else-dev-front")];
        expect(await lost([command("web-routes", registration)], running)).toEqual([]);
        const other = { ...registration, OWNER: "shop.dev.other" };
        expect(await lost([command("other-routes", other)], running)).toEqual([
            ["other-routes", "shop-dev-front"],
            ["other-routes", "else-dev-front"],
        ]);
        expect(box.calls()).toContain(
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
        box.program("docker", docker);
        expect(await lost([resource], [gateway("shop-dev-front", state)])).toEqual([]);
    });
});
