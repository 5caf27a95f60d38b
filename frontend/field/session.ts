// Who uses this phone: opens without a connection for the one who used it last, and changes over when another logs in.
import { dropIfOver, refresh } from "./working_set";
import { setLink } from "./counts";
import { hello, Stopped } from "./line";
import { tell } from "./news";
import { destroyStore, lastUser, leftByOthers, openStore, rememberUser } from "./store";
import { takeUp } from "./sync";

export type Found = "signed-in" | "signed-out";

/** Opens the store of whoever used this phone last, or of whoever is logged in. */
export async function begin(): Promise<Found> {
  const last = await lastUser();
  if (last !== null) {
    await openStore(last);
    await takeUp();
    await dropIfOver();
    return "signed-in";
  }
  return (await greet()) ? "signed-in" : "signed-out";
}

/** Asks the server who is logged in, and changes over to his store; false while nobody is or nobody answers. */
export async function greet(): Promise<boolean> {
  try {
    const { user } = await hello();
    setLink({ online: true, login: false, otherUser: false });
    if ((await lastUser()) !== user.id) {
      await rememberUser(user.id);
      await openStore(user.id);
      await takeUp();
      tell("set");
      tell("boxes");
    }
    return true;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (error.reason === "login") setLink({ login: true });
    return false;
  }
}

/** Fetches the working set; true when it is now as the server says. */
export async function renew(): Promise<boolean> {
  try {
    await refresh();
    return true;
  } catch (error) {
    if (error instanceof Stopped) return false;
    throw error;
  }
}

/**
 * Ends the visit: deletes this person's store with its key, and everything of the app once nobody else has anything
 * unsent here. Only after it was said that nothing would be lost. Rejects with `Stopped` without a connection.
 */
export async function end(userId: string, logoutUrl: string): Promise<void> {
  const { csrf } = await hello();
  await destroyStore(userId);
  await rememberUser(null);
  const clear = (await leftByOthers(null)) === 0;
  const form = document.createElement("form");
  form.method = "post";
  form.action = logoutUrl;
  for (const [name, value] of [["csrfmiddlewaretoken", csrf], ["clear", clear ? "phone" : ""]] as const) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
