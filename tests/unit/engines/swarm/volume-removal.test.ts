import { FakeSwarm, LABEL, SERVICE, VOLUME } from "../fake-swarm.ts";

/** The function `delete` of components/engines/swarm/volumes.sh, which removes the volume from its node. */
describe("the removal of a volume from a Swarm", () => {
    let swarm: FakeSwarm;
    beforeEach(() => {
        swarm = new FakeSwarm();
    });
    afterEach(() => {
        swarm.remove();
    });

    test("runs `docker volume rm` on the node that has the data, and removes the label", () => {
        swarm.addNode("a");
        swarm.addNode("b", ["x=1", `${LABEL}=true`]);
        swarm.write("job-states", "New 1 second ago\nFailed 1 second ago\nComplete 1 second ago\n");
        expect(swarm.delete()).toEqual({
            status: 0,
            stdout: `Removed the volume ${VOLUME} with its data from b.\n`,
            stderr: "",
        });
        expect(swarm.changes()).toEqual([
            "[service][create][--detach][--quiet][--no-resolve-image][--mode][replicated-job]" +
                "[--restart-condition][on-failure][--restart-delay][1s][--restart-max-attempts][60]" +
                `[--label][drydock.removes=${VOLUME}][--constraint][node.labels.${LABEL}==true]` +
                "[--mount][type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock]" +
                `[docker:28-cli][docker][volume][rm][--force][${VOLUME}]`,
            "[service][rm][job-1]",
            `[node][update][--label-rm][${LABEL}][b]`,
        ]);
        expect(swarm.labelsOf("b")).toEqual(["x=1"]);
    });

    test.each(["Failed 2 seconds ago", "Rejected 1 second ago", "Pending 3 minutes ago", ""])(
        "fails and keeps the label if the job stays in the state %j",
        (state) => {
            swarm.addNode("b", [`${LABEL}=true`]);
            swarm.write("job-states", `${state}\n`);
            expect(swarm.delete()).toEqual({
                status: 1,
                stdout: "",
                stderr:
                    `The volume ${VOLUME} could not be removed from b (${state || "no state"}): no such node volume is in use\n` +
                    "Make sure that the node is up and can pull docker:28-cli, and run this again; or remove the volume on the " +
                    `node by hand, and then\nits label: docker node update --label-rm ${LABEL} b\n`,
            });
            expect(swarm.labelledNodes()).toEqual(["b"]);
            expect(swarm.calls().at(-1)).toBe("[service][rm][job-1]");
        },
    );

    test("fails and keeps the label if Docker refuses the job", () => {
        swarm.addNode("b", [`${LABEL}=true`]);
        swarm.write("create-error", "no service\n");
        expect(swarm.delete()).toEqual({ status: 4, stdout: "", stderr: "no service\n" });
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });

    test("first removes a job that an interrupted destroy left behind", () => {
        swarm.addNode("b", [`${LABEL}=true`]);
        swarm.write("jobs", "job-0\n");
        expect(swarm.delete().status).toBe(0);
        const [first, second = ""] = swarm.changes();
        expect(first).toBe("[service][rm][job-0]");
        expect(second).toContain("[service][create]");
        expect(swarm.labelledNodes()).toEqual([]);
    });

    test("does nothing if no node has the label", () => {
        swarm.addNode("a");
        expect(swarm.delete()).toEqual({ status: 0, stdout: "", stderr: "" });
        expect(swarm.changes()).toEqual([]);
    });

    test("reports that data may be left if the label is lost", () => {
        swarm.addNode("a");
        expect(swarm.delete({ PULUMI_COMMAND_STDOUT: VOLUME })).toEqual({
            status: 0,
            stdout: "",
            stderr: `No node has the label ${LABEL}: if there is data of ${VOLUME}, it stays.\n`,
        });
        expect(swarm.changes()).toEqual([]);
    });

    test("keeps the data if a container of a Docker Engine uses it now", () => {
        swarm.addNode("b", [`${LABEL}=true`]);
        swarm.write("container", "true\n");
        expect(swarm.delete()).toEqual({
            status: 0,
            stdout: `Kept the data of ${VOLUME}, which the container ${SERVICE} uses.\n`,
            stderr: "",
        });
        expect(swarm.changes()).toEqual([]);
    });

    test("removes the label of a volume that the Docker Engine of its node uses now", () => {
        swarm.addNode("b", [`${LABEL}=true`]);
        swarm.write("container", "true\n");
        swarm.write("volumes", `${VOLUME}\n`);
        expect(swarm.delete().stdout).toBe(
            `Kept the data of ${VOLUME}, which the container ${SERVICE} uses.\n`,
        );
        expect(swarm.changes()).toEqual([`[node][update][--label-rm][${LABEL}][b]`]);
    });

    test("keeps the label of data on a node other than that of the Docker Engine", () => {
        swarm.addNode("a", [`${LABEL}=true`]);
        swarm.addNode("b");
        swarm.write("container", "true\n");
        swarm.write("volumes", `${VOLUME}\n`);
        expect(swarm.delete().status).toBe(0);
        expect(swarm.changes()).toEqual([]);
    });

    test("keeps the data while the service exists, which may have another argument or parent now", () => {
        swarm.addNode("b", [`${LABEL}=true`]);
        swarm.write("service", "");
        expect(swarm.delete()).toEqual({
            status: 0,
            stdout: `Kept the data of ${VOLUME} on b, which the service ${SERVICE} uses.\n`,
            stderr: "",
        });
        expect(swarm.changes()).toEqual([]);
    });

    test("keeps a volume that the user has named, and removes the generated one that it replaced", () => {
        swarm.addNode("a", ["drydock.data.mine=true"]);
        swarm.addNode("b", [`${LABEL}=true`]);
        expect(swarm.delete({ PLACE: "mine", FORMER_VOLUME: VOLUME })).toEqual({
            status: 0,
            stdout:
                "Kept the data of mine on a. To remove its label: docker node update --label-rm drydock.data.mine a\n" +
                `Removed the volume ${VOLUME} with its data from b.\n`,
            stderr: "",
        });
        expect(swarm.labelsOf("a")).toEqual(["drydock.data.mine=true"]);
        expect(swarm.labelledNodes()).toEqual([]);
    });

    test.each([
        ["a volume of another stack", "shop.prod."],
        ["a directory", ""],
    ])("keeps %s and its label", (_, STACK_VOLUMES) => {
        swarm.addNode("b", [`${LABEL}=true`]);
        expect(swarm.delete({ STACK_VOLUMES })).toEqual({
            status: 0,
            stdout: `Kept the data of ${VOLUME} on b. To remove its label: docker node update --label-rm ${LABEL} b\n`,
            stderr: "",
        });
        expect(swarm.changes()).toEqual([]);
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });

    test("fails if the label cannot be removed, and leaves no job behind", () => {
        swarm.addNode("b", [`${LABEL}=true`]);
        swarm.write("update-error", "update out of sequence\n");
        expect(swarm.delete()).toMatchObject({ status: 1, stderr: "update out of sequence\n" });
        expect(swarm.changes()).toContain("[service][rm][job-1]");
    });

    test("keeps the data if Docker does not tell which node has it", () => {
        swarm.addNode("b", [`${LABEL}=true`]);
        swarm.command("docker", 'echo "not a swarm manager" >&2; exit 1');
        expect(swarm.delete()).toEqual({ status: 1, stdout: "", stderr: "not a swarm manager\n" });
        expect(swarm.labelledNodes()).toEqual(["b"]);
    });
});
