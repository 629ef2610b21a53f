import type { PlacedProcess } from "../../../cli/stack-inventory.ts";
import { restartProcess } from "../../../cli/restart.ts";

describe("the restart of a service that has no status of an update", () => {
    /** A service with these statuses of its update, one each time that it is read. The last one stays. */
    const serviceWith = (...statuses: (object | undefined)[]) => {
        const spec = { Version: { Index: 1 }, Spec: { Mode: {}, TaskTemplate: {} } };
        const docker = {
            getService: () => ({ update: () => Promise.resolve() }),
            listServices: () => {
                const UpdateStatus = statuses.length > 1 ? statuses.shift() : statuses[0];
                return Promise.resolve([{ ...spec, UpdateStatus }]);
            },
        };
        return {
            resource: "web",
            id: "web",
            isService: true,
            engine: { docker },
        } as unknown as PlacedProcess;
    };

    beforeEach(() => {
        let now = 0;
        jest.spyOn(Date, "now").mockImplementation(() => (now += 25_000));
    });
    afterEach(() => {
        jest.restoreAllMocks();
    });

    test("fails after a minute", async () => {
        await expect(restartProcess(serviceWith(undefined), { option: " --stack dev" })).rejects.toThrow(
            expect.objectContaining({
                message: "web failed to restart: Docker has reported no status of the update for 60 s",
                remedy: "`drydock status --stack dev` shows whether its replicas run.",
            }) as Error,
        );
    });

    test("waits for a status that comes late", async () => {
        const service = serviceWith(undefined, undefined, undefined, { State: "completed" });
        await expect(restartProcess(service, { option: "" })).resolves.toBeUndefined();
    });
});
