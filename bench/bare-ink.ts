/** The least that an Ink program can be: one line. */

import { render, Text } from "ink";
import { createElement as h } from "react";

render(h(Text, null, "Lambda Concurrency Test"), { alternateScreen: true, interactive: true });
setTimeout(() => {}, 10_000);
