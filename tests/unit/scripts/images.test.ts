import { join } from "node:path";
import { ROOT, Sandbox } from "./sandbox.ts";

describe("the images that everything starts from", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
    });
    afterEach(() => {
        box.dispose();
    });

    /** Asks for Redis' image where Docker has one with this label, or none; says how it was built, if it was. */
    function built(label: string | undefined): string | undefined {
        const inspect = label === undefined ? "exit 1" : `echo '${label}'`;
        box.program("docker", `case "$*" in *inspect*redis:8) ${inspect} ;; esac`);
        const { code, output } = box.run(`${join(ROOT, "toolchain/images/build.sh")} redis:8`, {
            DRYDOCK_TOOLCHAIN: "registries",
        });
        expect({ code, output }).toMatchObject({ code: 0 });
        return box.calls().find((call) => call.startsWith("docker build"));
    }

    test("are built of what they are made of now, once", () => {
        const [, recipe = ""] = /--label drydock\.recipe=([0-9a-f]{12}) /.exec(built(undefined) ?? "") ?? [];
        expect(recipe).not.toBe("");
        expect(built(recipe)).toBeUndefined();
        expect(built("0123456789ab")).toContain(`drydock.recipe=${recipe} `);
    });

    test("are left as they are where somebody else made them", () => {
        expect(built("")).toBeUndefined();
    });

    test("are not begun on a disk that is full", () => {
        box.program("docker", `case "$*" in info*) echo / ;; *inspect*) exit 1 ;; esac`);
        box.program("id", "echo 0");
        box.program("df", "echo; echo none 9 9 1048576 99% /");
        const { code, output } = box.run(`${join(ROOT, "toolchain/images/build.sh")} debian:trixie-slim`, {
            DRYDOCK_TOOLCHAIN: "registries",
        });
        expect(output).toContain("/ has 1 GiB free and building images needs 2: free some, or remove images");
        expect(code).toBe(1);
    });
});
