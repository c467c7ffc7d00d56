import{l as a,n as o}from"./chunk-QNZ3L47H.js";function t({path:e}){return a`<a
    class="button small"
    href=${`api/${e}/trace.otlp.json`}
    download=${`${e.replace(/\W+/g,"-")}.otlp.json`}
    title="The spans as OpenTelemetry has them (OTLP as JSON): Jaeger opens such a file"
  >
    <${o} name="download" />Trace
  </a>`}export{t as a};
