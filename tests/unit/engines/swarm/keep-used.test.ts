import { resolve } from "node:path";
import { FakeShell } from "../fake-shell.ts";

/** The last line stands for volumes.sh, which follows keep-used.sh and removes the volume. */
const SCRIPT = [
    ...["nodes.sh", "keep-used.sh"].map((file) => `. ${resolve("components/engines/swarm", file)}`),
    "echo removed",
].join("\n");

describe("a volume of a Swarm that several components share", () => {
    let shell: FakeShell;
    const remove = (containers: string, services: string) => {
        shell = new FakeShell();
        shell.write("containers", containers);
        shell.write("services", services);
        shell.command(
            "docker",
            `case "$1 $2" in
             "ps --all") cat containers ;;
             "service ls") if [ -s services ]; then echo one; fi ;;
             "service inspect") cat services ;;
             "info --format" | "node ls") echo here ;;
             "node update") echo "$@" >updates ;;
             esac`,
        );
        return shell.evaluate(`set -- delete\n${SCRIPT}`, { PLACE: "uploads" });
    };
    afterEach(() => {
        shell.remove();
    });

    test("is kept if containers or services use it", () => {
        expect(remove("\nthe container web\n", "\nthe service front\n").stdout).toBe(
            "Kept the data of uploads, as it is in use by the container web, the service front.\n",
        );
        expect(shell.read("updates")).toBe("");
    });

    test("loses its label if only containers of the Docker Engine use it", () => {
        expect(remove("the container web\n", "")).toEqual({
            status: 0,
            stdout: "Kept the data of uploads, as it is in use by the container web.\n",
            stderr: "",
        });
        expect(shell.read("updates")).toBe("node update --label-rm drydock.data.uploads here\n");
    });

    test.each(["", "\n"])("is removed if nothing uses it (services: %j)", (services) => {
        expect(remove("\n", services)).toEqual({ status: 0, stdout: "removed\n", stderr: "" });
    });
});
