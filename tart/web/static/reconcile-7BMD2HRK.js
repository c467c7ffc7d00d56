import{a as j}from"./chunk-SDSJLCPH.js";import{a as C}from"./chunk-63IMX6SW.js";import"./chunk-OYJLUT6D.js";import{b as S,c as A}from"./chunk-QLZ46DTY.js";import"./chunk-A5KFDUZV.js";import{b as d}from"./chunk-HZVHJNCT.js";import{a as T}from"./chunk-D2RCVQFS.js";import{a as x}from"./chunk-QCITNMUN.js";import{e as w}from"./chunk-IIW3BLOX.js";import{d as u}from"./chunk-5HTXFBE2.js";import{D as h,E as _,a as s,m as l}from"./chunk-DYZXLK2B.js";import{d as y,h as N}from"./chunk-NIKDHXBC.js";import{i as p}from"./chunk-37NB6NY5.js";import{k,l as a}from"./chunk-QNZ3L47H.js";var K={unreported_block:["block on chain that the node does not report","blocks on chain that the node does not report"],unknown_block:["block that the node alone knows","blocks that the node alone knows"],foreign_block:["block of another validator claimed","blocks of other validators claimed"],unreported_guarantee:["guarantee on chain that the node does not report","guarantees on chain that the node does not report"],unknown_guarantee:["guarantee that the node alone knows","guarantees that the node alone knows"],unreported_assurance:["assurance on chain that the node does not report","assurances on chain that the node does not report"],unknown_assurance:["assurance that nobody received","assurances that nobody received"],missing_assurance:["assurance missing on chain","assurances missing on chain"],outline_differs:["block with other numbers than reported","blocks with other numbers than reported"],gas_differs:["block with other gas than reported","blocks with other gas than reported"]};function f({kind:n,count:e}){let[t,o]=K[n]??[n.replaceAll("_"," "),n.replaceAll("_"," ")];return`${s(e)} ${e===1?t:o}`}function E({expected:n,probability:e}){return e===null?"exact":`by chance ${s(n,1)}, probability ${e<.001?"below 0.001":s(e,3)}`}function M({subject:n,claimed:e,on_chain:t}){if(n===null)return"";let o=n.replaceAll("_"," ");return e===null&&t===null?o:`${o}: ${s(e)} reported, ${s(t)} on chain`}function I({chain:n,epochs:e,total_findings:t,findings:o}){let i=l(n.compared,"block");if(!n.compared)return{state:"idle",text:`No final block with statistics in this range yet; ${l(n.pending,"block")} younger or not final.`};if(t){let c=new Set(o.map(({node_id:F})=>F)).size;return{state:"warn",text:`${l(t,"finding")} about ${l(c,"node")} on ${i}.`}}let r=Math.max(0,...e.map(({matched:c})=>c));return r?{state:"ok",text:`${l(r,"validator")}: telemetry and chain agree on ${i}.`}:{state:"idle",text:`${i} compared, and no node could be matched with a validator.`}}function R({pending:n,without_statistics:e,irregular:t,forks:o,complete:i}){return[n&&`${l(n,"block")} not final or younger than a minute`,e&&`${l(e,"block")} whose statistics no endpoint had`,t&&`${l(t,"block")} with statistics that do not follow the specification`,o&&`${l(o,"block")} on forks`,!i&&"some final blocks of the range are not known"].filter(Boolean)}var O={disconnected:"was not connected all the time",silent:"was silent for a minute",dropped:"dropped events",undecodable:"sent events that cannot be decoded",shards:"a shard did not answer"};function v({complete:n,incomplete_reason:e,node_id:t}){return t===null?"no node known":n?"complete":`incomplete: ${O[e??""]??"something is missing"}`}function $({claimed:n,on_chain:e,difference:t}){return n===null?`\u2014 / ${s(e)}`:t===0?s(e):`${s(n)} / ${s(e)}`}function g({blocks:n,guarantees:e,assurances:t,tickets:o,preimages:i}){return[n,e,t,o,i].reduce((r,{difference:c})=>r+Math.abs(c??0),0)}var z=1e3,D=["blocks","guarantees","assurances","tickets","preimages"];function W(){return a`<${C} tab="chain/reconcile" title="Reconcile" question="Did the nodes do what they say, and say what they did?">
    ${()=>a`<${G} />`}
  <//>`}function G(){let n=j(),e=[JSON.stringify(y.value)],t=T("the comparison with the chain",o=>x.chainReconcile({...N(),limit:z},{signal:o}),{every:3e4,deps:e});return a`<${w} answer=${t} lines=${10}>
    ${o=>a`<div class="cards">
      <${H} data=${o} />
      ${o.findings.length>0&&a`<${q} data=${o} names=${n} />`}
      ${o.validators.length>0&&a`<${L} data=${o} names=${n} />
        <${P} data=${o} names=${n} />
        <${J} data=${o} />
        <${U} data=${o} />
        <${Q} data=${o} />`}
    </div>`}
  <//>`}function H({data:n}){let{state:e,text:t}=I(n),o=R(n.chain);return a`<${d} title="Telemetry and chain" note=${`slots ${s(n.chain.first_slot)} to ${s(n.chain.last_slot)}`}>
    <p class="reconcile-verdict" data-verdict=${e}><b><${h} state=${e} hideWord word=${e==="warn"?"findings":void 0} /> ${t}</b></p>
    ${o.length>0&&a`<p class="muted">Not compared: ${o.join("; ")}.</p>`}
    ${n.unexamined>0&&a`<p class="muted">${l(n.unexamined,"claim")} were too many to search for witnesses of.</p>`}
  <//>`}function m({id:n,names:e}){return n===null?a`<span class="muted" title="No node is known to be this validator">${"\u2014"}</span>`:a`<${S} node=${e.get(n)??{node_id:n}} />`}function q({data:n,names:e}){return a`<${d}
    title="Findings"
    note=${n.findings.length<n.total_findings?`${s(n.findings.length)} of ${s(n.total_findings)}; differences that nothing but the node explains`:"differences that nothing but the node explains"}
    flush
  >
    <${u}
      caption="Findings"
      rows=${n.findings}
      rowKey=${t=>`${t.kind} ${t.node_id} ${t.epoch}`}
      sort="-count"
      sortParameter="findings"
      csv="reconcile-findings"
      height=${420}
      columns=${[{id:"node",title:"Node",value:t=>t.node_id,cell:t=>a`<${m} id=${t.node_id} names=${e} />`,rank:1},{id:"kind",title:"Finding",value:t=>t.kind,cell:t=>a`<${h} state="warn" word=${f(t)} />`,rank:2},{id:"count",title:"Cases",end:!0,value:t=>t.count,cell:t=>s(t.count)},{id:"epoch",title:"Epoch",end:!0,value:t=>t.epoch,cell:t=>s(t.epoch)},{id:"validator",title:"Validator",end:!0,value:t=>t.validator,cell:t=>t.validator===null?"\u2014":`#${s(t.validator)}`},{id:"sure",title:"How sure",value:E},{id:"examples",title:"Examples",value:t=>t.examples.map(o=>o.hash).join(" "),cell:t=>a`<${B} examples=${t.examples} />`,rank:3}]}
    />
  <//>`}function B({examples:n}){return a`<span class="nowrap">
    ${n.slice(0,3).map(e=>a`<span key=${`${e.hash} ${e.subject}`} title=${M(e)}>
        ${e.slot===null?a`<${A} value=${e.hash} path=${`events?hash=${e.hash}`} />`:a`<a href=${p(`slots/${e.slot}`)}>slot ${s(e.slot)}</a>`}
${" "}<a class="muted" href=${p("events",{hash:e.hash})}>events</a>${"  "}
      </span>`)}
  </span>`}function L({data:n,names:e}){let t=k(()=>[{id:"validator",title:"Validator",value:i=>i.validator,cell:i=>`#${s(i.validator)}`},{id:"epoch",title:"Epoch",end:!0,value:i=>i.epoch,cell:i=>s(i.epoch)},{id:"node",title:"Node",value:i=>i.node_id,cell:i=>a`<${m} id=${i.node_id} names=${e} />`,rank:1},...D.map(i=>({id:i,title:i,help:"Reported / on chain; one number if both are the same",end:!0,value:r=>Math.abs(r[i].difference??0),saved:r=>`${r[i].claimed??""}/${r[i].on_chain}`,cell:r=>a`<span data-differs=${r[i].difference?"":void 0}>${r[i].difference?a`<b>${$(r[i])}</b>`:$(r[i])}</span>`,rank:i==="blocks"?2:i==="assurances"?3:void 0})),{id:"difference",title:"All",help:"Sum of the differences, without their signs",end:!0,value:g,cell:i=>s(g(i))},{id:"complete",title:"Telemetry",value:v,cell:i=>a`<${h} state=${i.complete?"ok":"idle"} word=${v(i)} />`}],[e]),o=n.validators.length<n.total_validators?`newest ${s(n.validators.length)} of ${s(n.total_validators)}`:l(n.total_validators,"row");return a`<${d} title="Validators by epoch" note=${`${o}; reported / on chain. A difference is not an accusation: telemetry may be lost, an assurance late.`} flush>
    <${u}
      caption="Validators by epoch"
      rows=${n.validators}
      rowKey=${i=>`${i.epoch} ${i.validator}`}
      sort="-difference"
      csv="reconcile-validators"
      height=${480}
      columns=${t}
    />
  <//>`}function P({data:n,names:e}){let t=n.epochs[0];if(!t)return null;let o=t.validators_without_telemetry;return a`<${d} size="half" title="Which node is which validator" note=${`epoch ${s(t.epoch)}, by evidence`}>
    <dl class="pairs">
      <dt>Matched</dt>
      <dd>${s(t.matched)} of ${t.validators===null?"\u2014":l(t.validators,"validator")}${Object.entries(t.by_evidence).map(([i,r])=>a` <span key=${i} class="muted">${s(r)} by ${i.replaceAll("_"," ")}</span>`)}</dd>
      <dt>Without telemetry</dt>
      <dd>${o.length?a`${o.slice(0,40).map(i=>`#${s(i)}`).join(", ")}${o.length>40?` and ${s(o.length-40)} more`:""}`:a`<span class="muted">none</span>`}</dd>
      <dt>Nodes not matched</dt>
      <dd>${t.unmatched_nodes.length?a`<span class="node-list">${t.unmatched_nodes.slice(0,12).map(i=>a`<${m} key=${i} id=${i} names=${e} />`)}${t.unmatched_nodes.length>12&&` and ${s(t.unmatched_nodes.length-12)} more`}</span>`:a`<span class="muted">none</span>`}</dd>
      <dt>Contradictions</dt>
      <dd>${t.contradictions.length?t.contradictions.map((i,r)=>a`<div key=${r}>${i.nodes.map(c=>a`<${m} key=${c} id=${c} names=${e} /> `)} as ${i.validators.map(c=>`#${s(c)}`).join(", ")}</div>`):a`<span class="muted">none</span>`}</dd>
    </dl>
  <//>`}function J({data:n}){let e=o=>({id:o,title:o,end:!0,value:i=>Math.abs(i[o].difference??0),cell:i=>$(i[o])}),t=o=>Object.values(o.findings).reduce((i,r)=>i+Number(r),0);return a`<${d} size="half" title="By implementation" note="reported / on chain" flush>
    <${u}
      caption="Telemetry and chain by implementation"
      rows=${n.implementations}
      rowKey=${o=>`${o.name} ${o.version}`}
      csv="reconcile-implementations"
      height=${260}
      columns=${[{id:"implementation",title:"Implementation",value:o=>`${o.name} ${o.version}`,cell:o=>a`<${_} name=${o.name} version=${o.version} />`,rank:1},{id:"nodes",title:"Nodes",end:!0,value:o=>o.nodes,cell:o=>s(o.nodes),rank:2},e("blocks"),e("guarantees"),e("assurances"),{id:"findings",title:"Cases",end:!0,value:t,cell:o=>a`<span title=${Object.entries(o.findings).map(([i,r])=>f({kind:i,count:Number(r)})).join("; ")}>${s(t(o))}</span>`,rank:3}]}
    />
  <//>`}function V({total:n}){return n.equal?a`<span>${s(n.on_chain)}</span>`:a`<b>${s(n.claimed)} / ${s(n.on_chain)}</b>`}function U({data:n}){return a`<${d} size="half" title="Cores" note="reported / on chain" flush>
    <${u}
      caption="Telemetry and chain by core"
      rows=${n.cores}
      rowKey=${e=>e.core}
      csv="reconcile-cores"
      height=${260}
      columns=${[{id:"core",title:"Core",value:e=>e.core,cell:e=>a`<a href=${p(`cores/${e.core}`)}>${s(e.core)}</a>`,rank:1},{id:"reports",title:"Reports",end:!0,value:e=>e.reports.on_chain,cell:e=>$(e.reports),rank:2},{id:"gas",title:"Gas",end:!0,value:e=>Number(e.gas.on_chain),cell:e=>a`<${V} total=${e.gas} />`,rank:3},{id:"exports",title:"Exports",end:!0,value:e=>e.exports.on_chain,cell:e=>$(e.exports)}]}
    />
  <//>`}function Q({data:n}){return a`<${d} size="half" title="Services" note="gas of accumulation, reported / on chain" flush>
    <${u}
      caption="Telemetry and chain by service"
      rows=${n.services}
      rowKey=${e=>e.service}
      csv="reconcile-services"
      height=${260}
      columns=${[{id:"service",title:"Service",value:e=>e.service,cell:e=>a`<span class="mono">${e.service}</span>`,rank:1},{id:"gas",title:"Gas",end:!0,value:e=>Number(e.gas.on_chain),cell:e=>a`<${V} total=${e.gas} />`,rank:2}]}
    />
  <//>`}export{W as default};
