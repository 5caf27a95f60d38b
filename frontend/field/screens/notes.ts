// Screens that only say something, and ways to pages that live on the server.
import type { Screen } from "../screens";

function saying(name: string): Screen {
  return { name, template: `s-${name}`, open: () => undefined };
}

export const notes: Screen[] = [saying("signed-out"), saying("online-only")];
