import { serve } from "../../plugin/server.ts";
import { randomId } from "./random-id.ts";
import { randomInteger } from "./random-integer.ts";
import { randomPassword } from "./random-password.ts";
import { randomPet } from "./random-pet.ts";
import { randomString } from "./random-string.ts";
import { randomUuid } from "./random-uuid.ts";

serve({
    name: "random",
    version: "4.21.2",
    config: {},
    resources: [randomId, randomInteger, randomPassword, randomPet, randomString, randomUuid],
    defaultsInState: true,
});
