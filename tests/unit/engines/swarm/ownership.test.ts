import { FakeShell } from "../fake-shell.ts";

/** The scripts ownership.sh of both engines, without what they run in the image (own-data.sh, tests/e2e). */
describe.each([
    {
        engine: "docker",
        run:
            "[run][--rm][--network][none][--user][0:0][--security-opt][no-new-privileges]" +
            "[--cap-drop][ALL][--cap-add][CHOWN][--cap-add][DAC_OVERRIDE][--cap-add][FOWNER]" +
            "[--label][a=1][--label][b=2][--volume][data:/rails/storage]" +
            "[--entrypoint][sh][image][-c][script][sh][1000:1000][/rails/storage][volume]",
    },
    {
        engine: "swarm",
        run:
            "[job][--label][a=1][--label][b=2][--constraint][node.labels.drydock.data.data==true]" +
            "[--mount][type=volume,source=data,target=/rails/storage][--user][0:0]" +
            "[--cap-drop][ALL][--cap-add][CHOWN][--cap-add][DAC_OVERRIDE][--cap-add][FOWNER]" +
            "[--entrypoint][sh][image][-c][script][sh][1000:1000][/rails/storage][volume]",
    },
])("the owner of an application's data on $engine", ({ engine, run }) => {
    const environment = {
        IMAGE: "image",
        SOURCE: "data",
        TARGET: "/rails/storage",
        KIND: "volume",
        OWN_DATA: "script",
        LABELS: "a=1\nb=2",
        NODE_LABEL: "drydock.data.data",
    };
    const calls = (user: string, imageUser = "") => {
        const shell = new FakeShell();
        const record = `{ printf '[%s]' "$@"; echo; } >>calls`;
        shell.command("docker", `[ "$1" != image ] || { echo "${imageUser}"; exit; }\n${record}`);
        shell.command("run_job", `set -- job "$@"\n${record}`);
        const { status } = shell.run(`${engine}/ownership.sh`, [], { ...environment, APP_USER: user });
        const written = shell.read("calls").trim();
        shell.remove();
        expect(status).toBe(0);
        return written;
    };

    test("is the user of the application", () => {
        expect(calls("1000:1000", "other")).toBe(run);
    });

    test("is the user of the image if the application sets none", () => {
        expect(calls("", "1000:1000")).toBe(run);
    });

    test.each(["", "root", "0", "0:0"])("does not change for the user %j", (user) => {
        expect(calls("", user)).toBe("");
    });
});
