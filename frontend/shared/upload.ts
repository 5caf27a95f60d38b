export type Answer = {
  ok: boolean;
  /** True when sending the same bytes again cannot help. */
  final: boolean;
  /** The server's own sentence, where it gave one. */
  reason: string;
};

/** PUTs `body`, telling the share sent (0–100). XMLHttpRequest, because fetch does not tell how much went out. */
export function upload(
  url: string,
  body: Blob,
  token: string,
  signal: AbortSignal,
  progress: (percent: number) => void,
): Promise<Answer> {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.setRequestHeader("Content-Type", body.type || "application/octet-stream");
    request.setRequestHeader("Accept", "application/json");
    if (token) request.setRequestHeader("X-CSRFToken", token);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(Math.round((event.loaded / event.total) * 100));
    });
    request.addEventListener("load", () => {
      const ok = request.status >= 200 && request.status < 300;
      // 408 and 429 pass; every other 4xx is a refusal of these bytes or of this person.
      const final = ok || (request.status >= 400 && request.status < 500 && ![408, 429].includes(request.status));
      done({ ok, final, reason: ok ? "" : reasonOf(request.responseText) });
    });
    for (const name of ["error", "timeout"]) {
      request.addEventListener(name, () => done({ ok: false, final: false, reason: "" }));
    }
    request.addEventListener("abort", () => done({ ok: false, final: true, reason: "" }));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.timeout = 120_000;
    request.send(body);
  });
}

/** `detail` or `title` of a problem+json answer. */
function reasonOf(text: string): string {
  try {
    const problem = JSON.parse(text) as { detail?: unknown; title?: unknown };
    return [problem.title, problem.detail].filter((part) => typeof part === "string").join(" ");
  } catch {
    return "";
  }
}
