import { join } from "node:path";
import { ROOT, Sandbox } from "../../sandbox.ts";

describe("the removal of a volume from all nodes", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
        sandbox.program("sleep", "exit 0");
    });
    afterEach(() => {
        sandbox.dispose();
    });

    let nodes = "";
    beforeEach(() => {
        nodes = "one=Ready Active\ntwo=Ready Active\n";
    });

    /** @param states of the job's tasks, with their nodes */
    const remove = (...states: string[]) => {
        sandbox.write("nodes", nodes);
        sandbox.program(
            "docker",
            `case "$*" in
                "service create"*) echo job ;;
                "service ps"*) ${states.map((state) => `echo '${state}'`).join(";")} ;;
                "node ls"*) cat nodes ;;
             esac`,
        );
        const script = join(ROOT, "components/engines/swarm/node-volume.sh");
        const environment = {
            VOLUME: "shop.dev.front.routes",
            IMAGE: "docker:28-cli",
            SOCKET: "/docker.sock",
        };
        return { ...sandbox.run(`sh ${script}`, environment), calls: sandbox.calls() };
    };

    test("runs `docker volume rm` on each node that is up, again while a container uses the volume", () => {
        const { code, output, calls } = remove(
            "Complete 1 second ago one",
            "Failed 2 seconds ago two",
            "Complete 1 second ago two",
        );
        expect({ code, output }).toEqual({ code: 0, output: "" });
        expect(calls[0]).toMatch(/--mode global-job .* docker volume rm --force shop.dev.front.routes$/);
        expect(calls.at(-1)).toBe("docker service rm job");
    });

    test("names the nodes that keep it, and removes the job", () => {
        const { code, output, calls } = remove("Complete 1 second ago one", "Rejected 1 second ago two");
        expect(code).toBe(0);
        expect(output).toBe(
            "The volume shop.dev.front.routes could not be removed from two. It may contain private keys and password hashes. Remove it there: docker volume rm shop.dev.front.routes\n",
        );
        expect(calls.at(-1)).toBe("docker service rm job");
    });

    test("names nodes that are down or drained, and does not wait for them", () => {
        nodes = "one=Ready Active\ntwo=Down Active\nthree=Ready Drain\n";
        const { code, output, calls } = remove("Complete 1 second ago one");
        expect(code).toBe(0);
        expect(output).toContain("could not be removed from two three.");
        expect(calls.filter((call) => call.startsWith("sleep"))).toEqual([]);
    });
});
