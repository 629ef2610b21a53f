import { join } from "node:path";
import { ROOT, Sandbox } from "./sandbox.ts";

/** Images are files with their ID; the registry keeps what was pushed, by name. */
const DOCKER = `
    file() { echo "$1/$(echo "$2" | tr ':/' '__')"; }
    mkdir -p local registry
    case "$*" in
        "image inspect"*) cat "$(file local "$5")" ;;
        "image rm"*) shift 2; for name; do rm "$(file local "$name")"; done ;;
        tag*) cp "$(file local "$2")" "$(file local "$3")" ;;
        push*) echo "manifest of $(md5sum <"$(file local "$3")")" >"$(file registry "$3")" ;;
        "manifest inspect"*) cat "$(file registry "$4")" ;;
    esac`;

describe("filling the mirror", () => {
    const box = new Sandbox();
    afterAll(() => {
        box.dispose();
    });
    const push = () => {
        const script = `set -euo pipefail; . ${join(ROOT, "swarm/mirror.sh")}; push_to_mirror mirror:5000 redis:8`;
        const { code } = box.run(script);
        const pushed = box.calls().filter((call) => call.startsWith("docker push"));
        return { code, pushed: pushed.map((call) => call.split(" ").at(-1)) };
    };
    const names = (id: string) => [`mirror:5000/library/redis:${id}`, "mirror:5000/library/redis:8"];

    test("pushes an image, whatever its ID is a digest of, and once", () => {
        box.program("docker", DOCKER);
        box.write("local/redis_8", "sha256:0ld\n");
        expect(push()).toEqual({ code: 0, pushed: names("0ld") });
        expect(push()).toEqual({ code: 0, pushed: [] });
    });

    test("pushes another image of that name again", () => {
        box.write("local/redis_8", "sha256:new\n");
        expect(push()).toEqual({ code: 0, pushed: names("new") });
    });

    test("leaves no name here", () => {
        expect(box.run("ls local").output).toBe("redis_8\n");
    });

    test("fails where a push does", () => {
        box.program("docker", DOCKER.replace(/push\*\).*/, "push*) exit 1 ;;"));
        box.write("local/redis_8", "sha256:newer\n");
        expect(push().code).toBe(1);
    });
});
