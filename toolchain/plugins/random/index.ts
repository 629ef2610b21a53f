import { serve } from "../../plugin/server";
import { randomId } from "./random-id";
import { randomInteger } from "./random-integer";
import { randomPassword } from "./random-password";
import { randomPet } from "./random-pet";
import { randomString } from "./random-string";
import { randomUuid } from "./random-uuid";

serve({
    name: "random",
    version: "4.21.2",
    config: {},
    resources: [randomId, randomInteger, randomPassword, randomPet, randomString, randomUuid],
    defaultsInState: true,
});
