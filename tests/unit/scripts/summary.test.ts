import { join } from "node:path";
import { ROOT, Sandbox } from "./sandbox";

describe("what is said of a stack that is up", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
    });
    afterEach(() => {
        box.dispose();
    });

    function summary(stack: string, outputs: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): string {
        box.program("pulumi", `echo '${JSON.stringify(outputs)}'`);
        return box.run(`node ${join(ROOT, "scripts/summary.mts")} ${stack}`, env).output;
    }

    test("is where it is, and what to do next", () => {
        expect(summary("dev", { url: "http://127.0.0.1:3000" })).toBe(`
The stack dev is up.

  url           http://127.0.0.1:3000

  what a change would do  make preview
  take it all down        make down

`);
    });

    test("names the stack, and how to read what is secret", () => {
        expect(summary("blue", { databaseUrl: "[secret]", ports: [1, 2] })).toBe(`
The stack blue is up.

  databaseUrl   [secret]
  ports         [1,2]

  what a change would do  make preview STACK=blue
  take it all down        make down STACK=blue
  show secrets            . ./env && pulumi stack output --show-secrets --stack blue

`);
    });

    test("is that of an example, in its folder", () => {
        expect(summary("dev", { passwords: { db: "[secret]" } }, { EXAMPLE: "linked-redis" })).toBe(`
The example linked-redis is up.

  passwords     {"db":"[secret]"}

  take it all down  make down-example NAME=linked-redis
  show secrets      . ./env && pulumi --cwd examples/linked-redis stack output --show-secrets --stack dev

`);
    });
});
