import { spawnSync } from "node:child_process";
import { BACKTRACE_LINE, isBacktraceLine } from "../../../components/engines/backtrace.ts";

describe.each<[string, (line: string) => boolean]>([
    ["in JavaScript", isBacktraceLine],
    ["in grep -E", (line) => spawnSync("grep", ["-qE", BACKTRACE_LINE], { input: `${line}\n` }).status === 0],
])("the expression for lines of a backtrace, %s,", (_, matches) => {
    test.each([
        "\tfrom /app/config.rb:3:in 'open'",
        "/usr/lib/ruby/gems/puma.rb:12:in `run'",
        "[0a1b2c3d] /app/models/user.rb:3:in 'save'",
        "    at Object.<anonymous> (/app/server.js:1:7)",
        "\tat com.example.Main.main(Main.java:5)",
    ])("matches %j", (line) => {
        expect(matches(line)).toBe(true);
    });

    test.each([
        "Read-only file system (Errno::EROFS)",
        "Error: no table",
        "Mail from me",
        "at",
        "Listening at port 3000",
        "/app/config.rb is missing",
        "/app/config.rb:3:in `<top (required)>': undefined method 'x' for nil (NoMethodError)",
        "/app/config.rb:3:in 'Integer#/': divided by 0 (ZeroDivisionError)",
    ])("does not match %j", (line) => {
        expect(matches(line)).toBe(false);
    });
});
