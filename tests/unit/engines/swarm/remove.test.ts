import { removeScript } from "../../../../components/engines/swarm/data-scripts.ts";
import { calls, changes, CONTAINER, fake, MARK, marked, node, PLACE, read, run, say } from "../fake-swarm.ts";

/** What names begin with that were made up. */
const OWN = "shop.dev.";

describe("what removes the data", () => {
    const remove = (own: string | undefined = OWN, docker = "docker") =>
        run(removeScript({ docker, place: PLACE, container: CONTAINER, own }));

    test("does so by a job on its node, as root with the node's own Docker, and then takes the mark away", () => {
        node("a");
        node("b", ["x=1", `${MARK}=true`]);
        say("states", "New 1 second ago\nRunning 1 second ago\nComplete 1 second ago\n");
        expect(remove()).toEqual({
            status: 0,
            stdout: `The volume ${PLACE} is removed from b, with its data.\n`,
            stderr: "",
        });
        const [create = "", unmark, rm, ...more] = changes();
        expect(create).toContain("[service][create][--detach][--quiet]");
        for (const option of [
            "[--mode][replicated-job][--restart-condition][none]",
            `[--label][drydock.removes=${PLACE}][--constraint][node.labels.${MARK}==true]`,
            "[--user][0][--entrypoint][sh]",
            "[--mount][type=bind,source=/var/run/docker.sock,target=/run/docker.sock]",
            "[postgres@sha256:1][-c][",
        ])
            expect(read("calls")).toContain(option);
        expect(unmark).toBe(`[node][update][--label-rm][${MARK}][b]`);
        expect(rm).toBe("[service][rm][job-1]");
        expect(more).toEqual([]);
        expect(marked()).toEqual([]);
        expect(read("nodes/b")).toBe("x=1\n");
    });

    test.each(["Failed 2 seconds ago", "Rejected 1 second ago", "Pending 3 minutes ago", ""])(
        "leaves the mark where the job is %j, and says what to do",
        (state) => {
            node("b", [`${MARK}=true`]);
            say("states", `${state}\n`);
            expect(remove()).toEqual({
                status: 1,
                stdout: "",
                stderr:
                    `The volume ${PLACE} could not be removed on b (${state || "no state"}):  no such node Docker answers with 409\n` +
                    `Bring b back and run this again; or remove the volume there, and then docker node update --label-rm ${MARK} b\n`,
            });
            expect(marked()).toEqual(["b"]);
            expect(calls().at(-1)).toBe("[service][rm][job-1]");
        },
    );

    test("leaves the mark where there is no job", () => {
        node("b", [`${MARK}=true`]);
        say("no-service", "");
        expect(remove()).toEqual({ status: 4, stdout: "", stderr: "no service\n" });
        expect(marked()).toEqual(["b"]);
    });

    test("removes a job that was killed before it makes one", () => {
        node("b", [`${MARK}=true`]);
        say("left", "job-0\n");
        expect(remove().status).toBe(0);
        const [first, second = ""] = changes();
        expect(first).toBe("[service][rm][job-0]");
        expect(second).toContain("[service][create]");
        expect(marked()).toEqual([]);
    });

    test("does nothing where no node is marked", () => {
        node("a");
        expect(remove()).toEqual({ status: 0, stdout: "", stderr: "" });
        expect(changes()).toEqual([]);
    });

    test("leaves the data where a container of a Docker Engine has it now", () => {
        node("b", [`${MARK}=true`]);
        say("container", "true\n");
        expect(remove()).toEqual({
            status: 0,
            stdout: `${CONTAINER} runs on a Docker Engine now: the data of ${PLACE} stays.\n`,
            stderr: "",
        });
        expect(changes()).toEqual([]);
        expect(marked()).toEqual(["b"]);
    });

    test("leaves the data while the service is there: its volume is another now, or it has moved to another parent", () => {
        node("b", [`${MARK}=true`]);
        say("service", "");
        expect(remove()).toEqual({
            status: 0,
            stdout: `The service ${CONTAINER} is there still: the data of ${PLACE} stays, and b marked as holding it.\n`,
            stderr: "",
        });
        expect(changes()).toEqual([]);
        expect(marked()).toEqual(["b"]);
    });

    test("removes with a volume that the user has named, which stays, the one from before", () => {
        node("a", ["drydock.data.mine=true"]);
        node("b", [`${MARK}=true`]);
        const script = removeScript({
            docker: "docker",
            place: "mine",
            container: CONTAINER,
            own: OWN,
            earlier: PLACE,
        });
        expect(run(script)).toEqual({
            status: 0,
            stdout:
                "The data of mine stays, and a marked as holding it: docker node update --label-rm drydock.data.mine a\n" +
                `The volume ${PLACE} is removed from b, with its data.\n`,
            stderr: "",
        });
        expect(marked()).toEqual([]);
    });

    test("says that data may be left where its mark is lost", () => {
        node("a");
        const script = removeScript({ docker: "docker", place: PLACE, container: CONTAINER, own: OWN });
        expect(run(`PULUMI_COMMAND_STDOUT=${PLACE}\n${script}`)).toEqual({
            status: 0,
            stdout: "",
            stderr: `No node is marked as holding the data of ${PLACE}: where there is some, it stays.\n`,
        });
        expect(changes()).toEqual([]);
    });

    test.each([
        ["a volume that the user has named", "shop.prod."],
        ["a directory", undefined],
    ])("leaves %s as it is, with its mark, and says so", (_, own) => {
        node("b", [`${MARK}=true`]);
        expect(run(removeScript({ docker: "docker", place: PLACE, container: CONTAINER, own }))).toEqual({
            status: 0,
            stdout: `The data of ${PLACE} stays, and b marked as holding it: docker node update --label-rm ${MARK} b\n`,
            stderr: "",
        });
        expect(changes()).toEqual([]);
        expect(marked()).toEqual(["b"]);
    });

    test("fails where the mark can't be taken away, and leaves no job behind", () => {
        node("b", [`${MARK}=true`]);
        say("fails", "update out of sequence");
        expect(remove()).toMatchObject({ status: 1, stderr: "update out of sequence\n" });
        expect(calls().at(-1)).toBe("[service][rm][job-1]");
    });

    test("fails where Docker does not say who holds the data, and leaves it", () => {
        node("b", [`${MARK}=true`]);
        fake("docker", `#!/bin/sh\necho "not a swarm manager" >&2\nexit 1\n`);
        expect(remove()).toEqual({ status: 1, stdout: "", stderr: "not a swarm manager\n" });
        expect(marked()).toEqual(["b"]);
    });

    test("talks to the Docker Engine that it is told of, at every step", () => {
        node("b", [`${MARK}=true`]);
        expect(remove(OWN, "docker --host ssh://me@big").status).toBe(0);
        const starts = calls().filter((line) => /\[(node|service)\]\[/.test(line));
        expect(
            starts.map((line) => line.replace(/^(\[--host\]\[ssh:\/\/me@big\]\[\w+\]\[\w+\]).*/, "$1")),
        ).toEqual(
            [
                "[node][ls]",
                "[service][inspect]",
                "[service][ls]",
                "[service][create]",
                "[service][ps]",
                "[node][update]",
                "[service][rm]",
            ].map((verb) => `[--host][ssh://me@big]${verb}`),
        );
    });
});

describe("what the job does on the node", () => {
    /** Runs it where these tools are all that there is, each of which writes down how it was called. */
    const job = (tools: Record<string, string>) => {
        node("b", [`${MARK}=true`]);
        run(removeScript({ docker: "docker", place: PLACE, container: CONTAINER, own: OWN }));
        const told = Object.entries({ seq: "echo 1 2 3", sleep: ":", ...tools }).map(([tool, text]) => [
            tool,
            `echo "$@" >>"$SWARM/asked"\n${text}`,
        ]);
        const { status, stdout } = run(read("job"), Object.fromEntries(told) as Record<string, string>);
        return { status, stdout, asked: read("asked") };
    };

    test.each([
        ["perl", "DELETE /volumes/$ENV{PLACE} HTTP/1.0"],
        ["curl", `-X DELETE --unix-socket /run/docker.sock http://docker/volumes/${PLACE}`],
    ])("asks Docker with %s to remove the volume", (tool, request) => {
        const { status, stdout, asked } = job({ [tool]: "echo 204" });
        expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
        expect(asked).toContain(request);
        expect(asked).toContain("/run/docker.sock");
    });

    test("is content where there is no such volume", () => {
        expect(job({ curl: "echo 404" }).status).toBe(0);
    });

    test("asks again while a container has it, and gives up", () => {
        const { status, stdout, asked } = job({ curl: "echo 409" });
        expect({ status, stdout }).toEqual({ status: 1, stdout: "Docker answers with 409\n" });
        expect(asked.match(/DELETE/g)).toHaveLength(3);
    });

    test("is done once the container that had it is gone", () => {
        const once = 'if [ -f "$SWARM/gone" ]; then echo 204; else : >"$SWARM/gone"; echo 409; fi';
        expect(job({ curl: once })).toMatchObject({ status: 0, stdout: "" });
    });

    test("says so where there is nothing to ask with", () => {
        expect(job({})).toMatchObject({
            status: 1,
            stdout: "the image has neither perl nor curl to ask Docker with\n",
        });
    });
});
