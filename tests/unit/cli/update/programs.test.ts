import { openStack } from "../../../../cli/project.ts";
import type { Resource } from "../../../../cli/state.ts";
import { warnOfPrograms } from "../../../../cli/update/programs.ts";
import { FakeStack } from "../fake-stack.ts";

const WEB: Resource = {
    type: "drydock:index:RailsWebApp",
    urn: "urn:pulumi:dev::shop::drydock:index:RailsWebApp::web",
};
const CONTAINER: Resource = {
    type: "docker:index/container:Container",
    urn: "urn:pulumi:dev::shop::drydock:index:RailsWebApp$docker:index/container:Container::web",
    id: "web",
    parent: WEB.urn ?? "",
    inputs: { image: "shop:1" },
};
const exec = (entrypoint: string, more = {}) => ({
    ...{ Running: true, OpenStdin: true, ProcessConfig: { entrypoint, arguments: ["secret"] } },
    ...more,
});

test("up names the programs that an update could end: no health checks, no arguments", async () => {
    const fake = new FakeStack([WEB, CONTAINER]);
    await fake.serve({
        "GET /info": { ServerVersion: "28.1.0" },
        "GET /containers/web/json": { ExecIDs: ["console", "health", "ended", "gone"] },
        "GET /exec/console/json": exec("bin/rails"),
        "GET /exec/health/json": exec("curl", { OpenStdin: false }),
        "GET /exec/ended/json": exec("psql", { Running: false }),
    });
    const written = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    await warnOfPrograms(await openStack({ stack: "dev" }, fake.directory), [WEB, CONTAINER]);
    const lines = written.mock.calls.map(([text]) => String(text));
    written.mockRestore();
    fake.dispose();
    expect(lines).toEqual(["! bin/rails runs in web. It ends if this update replaces the container.\n"]);
});
