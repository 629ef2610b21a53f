import { existsSync } from "node:fs";
import { join } from "node:path";

/** The plugin that the suite runs on. */
export const PLUGIN = join(process.env.PULUMI_HOME ?? "", "plugins/resource-docker-v5.2.0/pulumi-resource-docker");

/** The toolchain's plugins are JavaScript beside a script that starts it; the official ones are one program. */
export const isOurs = existsSync(`${PLUGIN}.js`);
