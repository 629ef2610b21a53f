import { Applications } from "../e2e/applications/applications.ts";

jest.setTimeout(4 * 60 * 60_000);

const ROUNDS = 6;

describe("further rounds of ten applications", () => {
    const applications = new Applications("rounds");
    const { programs, stack } = applications;
    afterAll(() => programs.dispose());
    beforeAll(async () => {
        applications.provideImages();
        applications.declare("info");
        await applications.update();
    });

    /** Removes a random half of the containers, with `docker rm`, and the anonymous volumes of their images. */
    function removeContainers(): void {
        const all = programs.shell(`docker ps --quiet --filter label=drydock.stack=${stack}`).split("\n");
        const removed = all.filter(() => Math.random() < 0.5);
        if (removed.length > 0) programs.shell(`docker rm --force --volumes ${removed.join(" ")}`);
    }

    test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
        "round %i: all run again with their data after a change and a loss of containers",
        async (round) => {
            await applications.createNotes(`Round ${round} of`);
            const level = ["debug", "info", "warn"][round % 3] ?? "";
            applications.declare(level);
            await applications.update();
            expect(applications.variables("stand-mail").RAILS_LOG_LEVEL).toBe(level);

            removeContainers();
            await applications.update("--refresh");
            const names = Object.keys(applications.urls());
            expect(await applications.statuses()).toEqual(names.map((name) => [name, 200]));
            for (let written = 1; written <= round; written++)
                expect(await applications.withoutNote(`Round ${written} of`)).toEqual([]);
            expect(await applications.pulumi("preview --refresh --expect-no-changes --diff")).toSucceed();
        },
    );
});
