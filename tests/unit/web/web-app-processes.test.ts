import { WebApp, type WebAppArgs } from "../../../components/index.ts";
import { REMOTE_IMAGE } from "../../../testing/index.ts";
import { ENGINES, runOn, ENGINE_VALUES } from "../engines/index.ts";

describe.each(ENGINES)("on %s", (engine) => {
    const app = (args: Partial<WebAppArgs>) =>
        runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", ...args }).url }));
    const processes = {
        worker: { command: ["bin/jobs"] },
        clock: { command: ["bin/clock"], memory: "64m", health: { command: ["bin/ok"], retries: 2 } },
    };

    describe("further processes", () => {
        test("share image, wiring and limits, and have names of their own", async () => {
            const shared = { memory: "512m", env: { A: "1" }, networks: ["n"], user: "u" };
            const { names, container, containers } = await app({ processes, ...shared });
            expect(containers).toEqual(["web", "web-clock", "web-worker"]);
            expect(names(REMOTE_IMAGE)).toEqual(["web-image"]);
            expect(container("web-worker")).toMatchObject({
                parent: "drydock:index:WebApp web",
                hostName: "shop-dev-web-worker",
                image: ENGINE_VALUES[engine].image,
                command: ["bin/jobs"],
                user: "u",
                memory: 512,
                env: { PORT: "3000", A: "1" },
                networks: ["n"],
                restart: "always",
                stopTimeout: 10,
                labels: { "drydock.component": "web" },
            });
        });

        test("run a command of their own, and not the web process's", async () => {
            const { container } = await app({ processes, command: ["serve"] });
            expect(container("web").command).toEqual(["serve"]);
            expect(container("web-clock").command).toEqual(["bin/clock"]);
        });

        test("are not published", async () => {
            const { container } = await app({ processes, publish: { port: 1 } });
            expect(container("web").publish).toEqual({ containerPort: 3000, hostPort: 1 });
            for (const name of ["web-worker", "web-clock"]) expect(container(name).publish).toBeUndefined();
        });

        test("wait only for a health check of their own", async () => {
            const { container } = await app({ processes });
            expect(container("web-worker").health).toBeUndefined();
            expect(container("web-clock").health).toMatchObject({ retries: 2 });
            expect(container("web-clock").health?.test.at(-1)).toBe("bin/ok");
        });

        test("may have a time to stop of their own", async () => {
            const jobs = { worker: { command: ["sidekiq"], stopTimeout: 30 }, clock: { command: ["clock"] } };
            const { container } = await app({ processes: jobs, stopTimeout: 5 });
            const times = ["web", "web-worker", "web-clock"].map((name) => container(name).stopTimeout);
            expect(times).toEqual([5, 30, 5]);
        });

        test("may have a limit of memory of their own", async () => {
            const { container } = await app({ processes, memory: "512m" });
            expect(container("web-clock").memory).toBe(64);
            expect(container("web").memory).toBe(512);
        });
    });
});
