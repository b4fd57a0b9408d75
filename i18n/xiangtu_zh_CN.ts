<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context>
    <name>Xiangtu</name>
    <message>
        <source>New…</source>
        <translation>新建…</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近</translation>
    </message>
    <message>
        <source>Open a county file</source>
        <translation>打开县级数据库</translation>
    </message>
    <message>
        <source>County file (*.sqlite)</source>
        <translation>县级数据库 (*.sqlite)</translation>
    </message>
    <message>
        <source>{path} is made, with its key {key} beside it.</source>
        <translation>已新建 {path}，密钥 {key} 在其旁边。</translation>
    </message>
    <message>
        <source>New county file</source>
        <translation>新建县级数据库</translation>
    </message>
    <message>
        <source>None yet</source>
        <translation>暂无</translation>
    </message>
    <message>
        <source>Reading {name}</source>
        <translation>读取 {name}</translation>
    </message>
    <message>
        <source>CRS</source>
        <translation>坐标系</translation>
    </message>
    <message>
        <source>Tablets</source>
        <translation>平板</translation>
    </message>
    <message>
        <source>Waits for you</source>
        <translation>待您处理</translation>
    </message>
    <message>
        <source>Conflicts</source>
        <translation>冲突</translation>
    </message>
    <message>
        <source>Possible duplicates</source>
        <translation>疑似重复</translation>
    </message>
    <message>
        <source>Records held back</source>
        <translation>暂存的记录</translation>
    </message>
    <message>
        <source>Packages waiting for an earlier one</source>
        <translation>等待前一包的成果包</translation>
    </message>
    <message>
        <source>Packages refused</source>
        <translation>被拒收的成果包</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Open findings</source>
        <translation>未处理的问题</translation>
    </message>
    <message>
        <source>Records</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Last batches</source>
        <translation>最近批次</translation>
    </message>
    <message>
        <source>{path} is the file of a tablet. Open a county file.</source>
        <translation>{path} 是平板的文件，请打开县级数据库。</translation>
    </message>
    <message>
        <source>Cancelled; nothing was changed.</source>
        <translation>已取消，未作任何改动。</translation>
    </message>
    <message>
        <source>Xiangtu</source>
        <translation>乡图</translation>
    </message>
    <message>
        <source>{name}: {found} is there, {needed} or later is needed</source>
        <translation>{name}：现有 {found}，需要 {needed} 或更新版本</translation>
    </message>
    <message>
        <source>{name} {needed} or later: not there</source>
        <translation>{name}：缺少，需要 {needed} 或更新版本</translation>
    </message>
    <message>
        <source>In the OSGeo4W Shell that came with QGIS, type:</source>
        <translation>在随 QGIS 安装的 OSGeo4W Shell 中键入：</translation>
    </message>
    <message>
        <source>In a terminal, type:</source>
        <translation>在终端中键入：</translation>
    </message>
    <message>
        <source>QGIS&apos;s Python lacks what Xiangtu stands on:</source>
        <translation>QGIS 的 Python 缺少乡图所依赖的软件包：</translation>
    </message>
    <message>
        <source>Then start QGIS again.</source>
        <translation>然后重新启动 QGIS。</translation>
    </message>
    <message>
        <source>Outlines</source>
        <translation>界线文件</translation>
    </message>
    <message>
        <source>County file</source>
        <translation>县级数据库</translation>
    </message>
    <message>
        <source>Code, six digits (GB/T 2260)</source>
        <translation>六位代码（GB/T 2260）</translation>
    </message>
    <message>
        <source>Name of the county</source>
        <translation>县名</translation>
    </message>
    <message>
        <source>A longitude in the county</source>
        <translation>县内任一经度</translation>
    </message>
    <message>
        <source>Outlines of its villages (may come later)</source>
        <translation>村界文件（可以后再导入）</translation>
    </message>
    <message>
        <source>No CGCS2000 zone there</source>
        <translation>此处没有 CGCS2000 分带</translation>
    </message>
    <message>
        <source>Open a county file, or make a new one, at the step County.</source>
        <translation>请先在“县库”一步打开或新建县级数据库。</translation>
    </message>
    <message>
        <source>County</source>
        <translation>县库</translation>
    </message>
    <message>
        <source>Open or make a county file, take data in, see how it stands</source>
        <translation>打开或新建县级数据库，导入数据，查看总体情况</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Warnings</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>merge</source>
        <translation>合并</translation>
    </message>
    <message>
        <source>decision</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>undoing</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Show or hide the panel of Xiangtu</source>
        <translation>显示或隐藏乡图面板</translation>
    </message>
    <message>
        <source>Hand out</source>
        <translation>下发</translation>
    </message>
    <message>
        <source>Tablet</source>
        <translation>平板</translation>
    </message>
    <message>
        <source>What comes back</source>
        <translation>收件与合并</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>成果</translation>
    </message>
    <message>
        <source>The same as the command {command}.</source>
        <translation>与命令 {command} 相同。</translation>
    </message>
    <message>
        <source>What was done (JSON)</source>
        <translation>执行结果（JSON）</translation>
    </message>
    <message>
        <source>Something waits for a person</source>
        <translation>有事项待人处理</translation>
    </message>
    <message>
        <source>Folder of the tablet</source>
        <translation>平板目录</translation>
    </message>
    <message>
        <source>Folder to write into</source>
        <translation>输出目录</translation>
    </message>
    <message>
        <source>File to write</source>
        <translation>输出文件</translation>
    </message>
    <message>
        <source>Assignment to write</source>
        <translation>输出的任务包</translation>
    </message>
    <message>
        <source>Survey package to write</source>
        <translation>输出的成果包</translation>
    </message>
    <message>
        <source>Assignment</source>
        <translation>任务包</translation>
    </message>
    <message>
        <source>Receipt</source>
        <translation>回执</translation>
    </message>
    <message>
        <source>Survey package</source>
        <translation>成果包</translation>
    </message>
    <message>
        <source>Device card of the tablet</source>
        <translation>平板的设备卡</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>图层</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批次</translation>
    </message>
    <message>
        <source>Record (uuid)</source>
        <translation>记录（uuid）</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Tablet (its id or name)</source>
        <translation>平板（编号或名称）</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>ID in the list</source>
        <translation>列表中的编号</translation>
    </message>
    <message>
        <source>Xiangtu rural survey</source>
        <translation>乡图乡村调查</translation>
    </message>
    <message>
        <source>The list as a layer</source>
        <translation>把列表输出为图层</translation>
    </message>
    <message>
        <source>The secret key is made beside the file. Keep a copy of it apart.</source>
        <translation>密钥生成在数据库旁边，请另存一份。</translation>
    </message>
    <message>
        <source>Without it no package can be opened.</source>
        <translation>没有它，任何成果包都打不开。</translation>
    </message>
    <message>
        <source>Villages</source>
        <translation>行政村</translation>
    </message>
    <message>
        <source>Townships</source>
        <translation>乡镇</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>By</source>
        <translation>按</translation>
    </message>
    <message>
        <source>To Excel…</source>
        <translation>导出 Excel…</translation>
    </message>
    <message>
        <source>Needs the Python package XlsxWriter: pip install XlsxWriter</source>
        <translation>需要 Python 包 XlsxWriter：pip install XlsxWriter</translation>
    </message>
    <message>
        <source>Counting {name}</source>
        <translation>统计 {name}</translation>
    </message>
    <message>
        <source>{county} figures.xlsx</source>
        <translation>{county}统计表.xlsx</translation>
    </message>
    <message>
        <source>Figures as Excel</source>
        <translation>统计表导出 Excel</translation>
    </message>
    <message>
        <source>Excel workbook (*.xlsx)</source>
        <translation>Excel 工作簿 (*.xlsx)</translation>
    </message>
    <message>
        <source>{path} is written.</source>
        <translation>已写出 {path}。</translation>
    </message>
    <message>
        <source>Writing {name}</source>
        <translation>写出 {name}</translation>
    </message>
    <message>
        <source>Project</source>
        <translation>工程</translation>
    </message>
    <message>
        <source>Build the map</source>
        <translation>生成地图</translation>
    </message>
    <message>
        <source>Layers, styles, forms, relations and bookmarks of the county</source>
        <translation>本县的图层、样式、表单、关联和书签</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>保存…</translation>
    </message>
    <message>
        <source>Read from the county at work</source>
        <translation>改读当前县库</translation>
    </message>
    <message>
        <source>Sheets</source>
        <translation>图件</translation>
    </message>
    <message>
        <source>Only what is selected on the map</source>
        <translation>仅地图上选中的</translation>
    </message>
    <message>
        <source>Sheet</source>
        <translation>图件类型</translation>
    </message>
    <message>
        <source>Village</source>
        <translation>行政村</translation>
    </message>
    <message>
        <source>Open as layout</source>
        <translation>打开布局</translation>
    </message>
    <message>
        <source>PDF…</source>
        <translation>PDF…</translation>
    </message>
    <message>
        <source>Pictures…</source>
        <translation>图片…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>All villages</source>
        <translation>全部行政村</translation>
    </message>
    <message>
        <source>The project that is open does not show this county yet.</source>
        <translation>当前打开的工程尚未显示本县。</translation>
    </message>
    <message>
        <source>The project shows {county}.</source>
        <translation>工程显示的是{county}。</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>without a name</source>
        <translation>未命名</translation>
    </message>
    <message>
        <source>The map of {county} is built.</source>
        <translation>已生成{county}的地图。</translation>
    </message>
    <message>
        <source>Save the project</source>
        <translation>保存工程</translation>
    </message>
    <message>
        <source>QGIS project (*.qgz)</source>
        <translation>QGIS 工程 (*.qgz)</translation>
    </message>
    <message>
        <source>{path} is saved.</source>
        <translation>已保存 {path}。</translation>
    </message>
    <message>
        <source>{path} cannot be written: {reason}</source>
        <translation>无法写入 {path}：{reason}</translation>
    </message>
    <message>
        <source>Cannot be read from {path}: {layers}</source>
        <translation>无法从 {path} 读取：{layers}</translation>
    </message>
    <message>
        <source>The project reads {path} now.</source>
        <translation>工程现在读取 {path}。</translation>
    </message>
    <message>
        <source>Sheets as PDF</source>
        <translation>图件导出 PDF</translation>
    </message>
    <message>
        <source>PDF (*.pdf)</source>
        <translation>PDF (*.pdf)</translation>
    </message>
    <message>
        <source>Folder for the pictures</source>
        <translation>图片所在文件夹</translation>
    </message>
    <message>
        <source>Preparing {sheet}</source>
        <translation>准备{sheet}</translation>
    </message>
    <message>
        <source>The sheet needs {layers}, which the project lacks. Build the map.</source>
        <translation>该图件需要图层 {layers}，而工程中没有。请生成地图。</translation>
    </message>
    <message>
        <source>{path} is written; pages: {count}.</source>
        <translation>已写出 {path}，共 {count} 页。</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>地图</translation>
    </message>
    <message>
        <source>Build the one-map project; print sheets and plans of parcels</source>
        <translation>生成一张图工程，打印图件、地块示意图和宗地图</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>统计</translation>
    </message>
    <message>
        <source>Tables by village and township with a chart, to Excel</source>
        <translation>分村、分乡镇统计表和图表，可导出 Excel</translation>
    </message>
    <message>
        <source>Nothing to print: choose another village, or select some.</source>
        <translation>没有可打印的内容：请选择其他行政村，或在地图上选择要素。</translation>
    </message>
    <message>
        <source>The layers read {path}, not the county at work.</source>
        <translation>工程的图层读取的是 {path}，而不是当前县库。</translation>
    </message>
    <message>
        <source>Taken out of the project: {layers}. Build the map again.</source>
        <translation>已从工程中移除：{layers}。请重新生成地图。</translation>
    </message>
    <message>
        <source>Replace the project that is open ({name})? Unsaved changes are lost.</source>
        <translation>是否替换当前打开的工程（{name}）？未保存的修改将丢失。</translation>
    </message>
    <message>
        <source>The project is of county {noted}, not {code}. Build the map.</source>
        <translation>工程属于县 {noted}，而不是 {code}。请重新生成地图。</translation>
    </message>
    <message>
        <source>What</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Who and when</source>
        <translation>人员与时间</translation>
    </message>
    <message>
        <source>Undone</source>
        <translation>撤销时间</translation>
    </message>
    <message>
        <source>Undo…</source>
        <translation>撤销…</translation>
    </message>
    <message>
        <source>Reading the batches</source>
        <translation>正在读取批次</translation>
    </message>
    <message>
        <source>Looking at what builds on the batch</source>
        <translation>正在查找依赖该批次的更改</translation>
    </message>
    <message>
        <source>Not yet; later changes that build on batch {batch}: {count}.</source>
        <translation>暂不能撤销：有 {count} 项后来的更改依赖第 {batch} 批。</translation>
    </message>
    <message>
        <source>Take batch {batch} ({kind}, {author}) out again?</source>
        <translation>撤销第 {batch} 批（{kind}，{author}）？</translation>
    </message>
    <message>
        <source>Nothing builds on it; its changes stay in the history.</source>
        <translation>没有更改依赖它；其更改仍留在历史中。</translation>
    </message>
    <message>
        <source>Batch {batch} is undone.</source>
        <translation>第 {batch} 批已撤销。</translation>
    </message>
    <message>
        <source>Undoing a batch</source>
        <translation>正在撤销批次</translation>
    </message>
    <message>
        <source>Undo these batches first, in this order: {numbers}</source>
        <translation>请先按此顺序撤销这些批次：{numbers}</translation>
    </message>
    <message>
        <source>Edits made here at the office among them: {count}.</source>
        <translation>其中 {count} 项是在本处所做的编辑。</translation>
    </message>
    <message>
        <source>batch {batch}</source>
        <translation>第 {batch} 批</translation>
    </message>
    <message>
        <source>edited here</source>
        <translation>本处编辑</translation>
    </message>
    <message>
        <source>and {count} more</source>
        <translation>另有 {count} 项</translation>
    </message>
    <message>
        <source>Take off the list</source>
        <translation>移出列表</translation>
    </message>
    <message>
        <source>When nothing will replace it; its tablet is told no more of it</source>
        <translation>用于不会再有替代的成果包；不再通知其平板</translation>
    </message>
    <message>
        <source>Reading what is held back</source>
        <translation>正在读取暂存内容</translation>
    </message>
    <message>
        <source>{tablet}, number {number}, tried {time} by {author}</source>
        <translation>{tablet}，第 {number} 号，{author} 于 {time} 尝试</translation>
    </message>
    <message>
        <source>so it says; no signature vouches for it</source>
        <translation>系其自称，无签名为证</translation>
    </message>
    <message>
        <source>Packages waiting</source>
        <translation>等待中的成果包</translation>
    </message>
    <message>
        <source>{tablet}, number {number}</source>
        <translation>{tablet}，第 {number} 号</translation>
    </message>
    <message>
        <source>Missing before it: {numbers}</source>
        <translation>其前缺少：{numbers}</translation>
    </message>
    <message>
        <source>Nothing is held back.</source>
        <translation>没有暂存内容。</translation>
    </message>
    <message>
        <source>Package {number} is off the list.</source>
        <translation>第 {number} 号成果包已移出列表。</translation>
    </message>
    <message>
        <source>Taking a package off the list</source>
        <translation>正在移出列表</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>文件夹…</translation>
    </message>
    <message>
        <source>Choose the folder in which packages arrive</source>
        <translation>选择接收成果包的文件夹</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>重新查看</translation>
    </message>
    <message>
        <source>Tablet, number</source>
        <translation>平板与序号</translation>
    </message>
    <message>
        <source>Surveyor</source>
        <translation>调查员</translation>
    </message>
    <message>
        <source>Packed</source>
        <translation>打包时间</translation>
    </message>
    <message>
        <source>How it stands</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Try out</source>
        <translation>试合并</translation>
    </message>
    <message>
        <source>Say what merging would do, and write nothing</source>
        <translation>只说明合并将做什么，不写入</translation>
    </message>
    <message>
        <source>Merge chosen</source>
        <translation>合并所选</translation>
    </message>
    <message>
        <source>Merge all</source>
        <translation>全部合并</translation>
    </message>
    <message>
        <source>Receipts…</source>
        <translation>回执…</translation>
    </message>
    <message>
        <source>Write for each tablet what has arrived; it may then clear it</source>
        <translation>为每台平板写明已收到的内容，平板据此可清理</translation>
    </message>
    <message>
        <source>Looking at the packages</source>
        <translation>正在查看成果包</translation>
    </message>
    <message>
        <source>The folder in which packages arrive</source>
        <translation>接收成果包的文件夹</translation>
    </message>
    <message>
        <source>Choose a folder, or drop packages or a stick below.</source>
        <translation>请选择文件夹，或将成果包、U 盘拖放到下方。</translation>
    </message>
    <message>
        <source>{folder} is not there now.</source>
        <translation>{folder} 现在不在。</translation>
    </message>
    <message>
        <source>Of a tablet that was copied or restored: {count}.</source>
        <translation>来自被复制或由备份恢复的平板：{count} 个。</translation>
    </message>
    <message>
        <source>Take them in as another tablet&apos;s? Both surveys are kept.</source>
        <translation>是否作为另一台平板的成果收入？两边的调查都会保留。</translation>
    </message>
    <message>
        <source>Trying out packages</source>
        <translation>正在试合并</translation>
    </message>
    <message>
        <source>Merging packages</source>
        <translation>正在合并成果包</translation>
    </message>
    <message>
        <source>Packages taken in: {done} of {wanted}.</source>
        <translation>{wanted} 个成果包中已收入 {done} 个。</translation>
    </message>
    <message>
        <source>To decide: conflicts {conflicts}, possible duplicates {pairs}</source>
        <translation>待裁定：冲突 {conflicts} 项，疑似重复 {pairs} 对</translation>
    </message>
    <message>
        <source>The folder for the receipts</source>
        <translation>存放回执的文件夹</translation>
    </message>
    <message>
        <source>ready to merge</source>
        <translation>可以合并</translation>
    </message>
    <message>
        <source>the same as another here</source>
        <translation>与此处另一个相同</translation>
    </message>
    <message>
        <source>merged, batch {batch}</source>
        <translation>已合并，第 {batch} 批</translation>
    </message>
    <message>
        <source>{numbers} missing before it</source>
        <translation>其前缺少 {numbers}</translation>
    </message>
    <message>
        <source>of a copied tablet</source>
        <translation>来自被复制的平板</translation>
    </message>
    <message>
        <source>cannot be merged</source>
        <translation>无法合并</translation>
    </message>
    <message>
        <source>All hashes and the tablet&apos;s signature are right.</source>
        <translation>全部校验值与平板签名无误。</translation>
    </message>
    <message>
        <source>No records</source>
        <translation>没有记录</translation>
    </message>
    <message>
        <source>Changes: {changes}; photos and other files: {files}</source>
        <translation>{changes} 项更改，{files} 个照片等文件</translation>
    </message>
    <message>
        <source>Files lost on the tablet before it packed: {count}</source>
        <translation>有 {count} 个文件在打包前已在平板上丢失</translation>
    </message>
    <message>
        <source>Merged before; nothing to do.</source>
        <translation>以前已合并，无需再做。</translation>
    </message>
    <message>
        <source>Kept in the county until package {number} of the same tablet comes.</source>
        <translation>已存于县库，等待同一平板的第 {number} 号成果包。</translation>
    </message>
    <message>
        <source>Refused; the reason is in the list of those held back.</source>
        <translation>已拒收；原因见暂存列表。</translation>
    </message>
    <message>
        <source>It would bring:</source>
        <translation>合并将带来：</translation>
    </message>
    <message>
        <source>Batch {batch}:</source>
        <translation>第 {batch} 批：</translation>
    </message>
    <message>
        <source>{field}: unknown here, carried along (values: {count})</source>
        <translation>{field}：本处未知，照样保留（{count} 个值）</translation>
    </message>
    <message>
        <source>The tablet used another catalogue of fields and codes than the county.</source>
        <translation>平板使用的字段与代码目录和县里不同。</translation>
    </message>
    <message>
        <source>The clock was wrong from {first} to {last} (changes: {changes}),</source>
        <translation>平板时钟有误：{changes} 项更改的时间为 {first} 至 {last}，</translation>
    </message>
    <message>
        <source>which must lie between {after} and {before}.</source>
        <translation>实际应在 {after} 与 {before} 之间。</translation>
    </message>
    <message>
        <source>Package {number}:</source>
        <translation>第 {number} 号成果包：</translation>
    </message>
    <message>
        <source>Held back: {layer}, {reason}</source>
        <translation>暂存：{layer}，{reason}</translation>
    </message>
    <message>
        <source>and {count} more held back</source>
        <translation>另有 {count} 条暂存</translation>
    </message>
    <message>
        <source>Packages</source>
        <translation>成果包</translation>
    </message>
    <message>
        <source>Held back</source>
        <translation>暂存</translation>
    </message>
    <message>
        <source>Batches</source>
        <translation>批次</translation>
    </message>
    <message>
        <source>Nothing of these tablets has been merged yet. Merge, then write.</source>
        <translation>这些平板的成果尚未合并。请先合并再写回执。</translation>
    </message>
    <message>
        <source>Receipts written to {folder}: {names}</source>
        <translation>回执已写入 {folder}：{names}</translation>
    </message>
    <message>
        <source>Writing receipts</source>
        <translation>正在写回执</translation>
    </message>
    <message>
        <source>Decide all like it</source>
        <translation>批量裁定同类冲突</translation>
    </message>
    <message>
        <source>Only of this layer</source>
        <translation>仅此图层</translation>
    </message>
    <message>
        <source>Only about this</source>
        <translation>仅此内容</translation>
    </message>
    <message>
        <source>Only in this village</source>
        <translation>仅此村</translation>
    </message>
    <message>
        <source>any</source>
        <translation>不限</translation>
    </message>
    <message>
        <source>Only with this tablet as a side</source>
        <translation>仅一方为此平板</translation>
    </message>
    <message>
        <source>Whose value</source>
        <translation>采用</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>理由</translation>
    </message>
    <message>
        <source>Counting…</source>
        <translation>正在统计…</translation>
    </message>
    <message>
        <source>Counting</source>
        <translation>正在统计</translation>
    </message>
    <message>
        <source>Conflicts that would be decided: {decided} of {matching}.</source>
        <translation>{matching} 项冲突中将裁定 {decided} 项。</translation>
    </message>
    <message>
        <source>{count} left: {reason}</source>
        <translation>{count} 项留待：{reason}</translation>
    </message>
    <message>
        <source>Decide {count}</source>
        <translation>裁定 {count} 项</translation>
    </message>
    <message>
        <source>Conflicts decided: {count}, batch {batch}.</source>
        <translation>已裁定 {count} 项冲突，第 {batch} 批。</translation>
    </message>
    <message>
        <source>Deciding conflicts</source>
        <translation>正在裁定冲突</translation>
    </message>
    <message>
        <source>the newer change</source>
        <translation>较新的更改</translation>
    </message>
    <message>
        <source>the better accuracy</source>
        <translation>精度较高者</translation>
    </message>
    <message>
        <source>that of the tablet chosen above</source>
        <translation>上面所选平板的值</translation>
    </message>
    <message>
        <source>the county&apos;s own</source>
        <translation>县里的值</translation>
    </message>
    <message>
        <source>what the table shows now</source>
        <translation>表中现有的值</translation>
    </message>
    <message>
        <source>the combined outline</source>
        <translation>合成的界线</translation>
    </message>
    <message>
        <source>On the map</source>
        <translation>在地图上</translation>
    </message>
    <message>
        <source>Show the place in QGIS&apos;s map</source>
        <translation>在 QGIS 地图中显示该处</translation>
    </message>
    <message>
        <source>Why (kept with the decision)</source>
        <translation>理由（随裁定保存）</translation>
    </message>
    <message>
        <source>All like it…</source>
        <translation>同类全部…</translation>
    </message>
    <message>
        <source>From the same side also the record&apos;s other conflicts ({count})</source>
        <translation>该记录的其他冲突（{count} 项）也采用同一方</translation>
    </message>
    <message>
        <source>Combined</source>
        <translation>合成</translation>
    </message>
    <message>
        <source>The place lies outside what the map&apos;s CRS shows.</source>
        <translation>该处超出地图坐标系的范围。</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一页</translation>
    </message>
    <message>
        <source>Further</source>
        <translation>下一页</translation>
    </message>
    <message>
        <source>Reading what is to be decided</source>
        <translation>正在读取待裁定内容</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Likeness</source>
        <translation>相似之处</translation>
    </message>
    <message>
        <source>About</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Sides</source>
        <translation>各方</translation>
    </message>
    <message>
        <source>{first} to {last} of {total}</source>
        <translation>第 {first}–{last} 项，共 {total} 项</translation>
    </message>
    <message>
        <source>Nothing is left to decide here.</source>
        <translation>此处已无待裁定内容。</translation>
    </message>
    <message>
        <source>Conflicts ({count})</source>
        <translation>冲突（{count}）</translation>
    </message>
    <message>
        <source>Duplicates ({count})</source>
        <translation>疑似重复（{count}）</translation>
    </message>
    <message>
        <source>All layers</source>
        <translation>全部图层</translation>
    </message>
    <message>
        <source>All tablets</source>
        <translation>全部平板</translation>
    </message>
    <message>
        <source>Reading what the sides say</source>
        <translation>正在读取各方内容</translation>
    </message>
    <message>
        <source>Decided, batch {batch}.</source>
        <translation>已裁定，第 {batch} 批。</translation>
    </message>
    <message>
        <source>Writing a decision</source>
        <translation>正在写入裁定</translation>
    </message>
    <message>
        <source>(no picture)</source>
        <translation>（无图片）</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>变更前</translation>
    </message>
    <message>
        <source>Who</source>
        <translation>人员</translation>
    </message>
    <message>
        <source>When</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Says</source>
        <translation>主张</translation>
    </message>
    <message>
        <source>One thing, A stays</source>
        <translation>同一事物，保留 A</translation>
    </message>
    <message>
        <source>One thing, B stays</source>
        <translation>同一事物，保留 B</translation>
    </message>
    <message>
        <source>Two things</source>
        <translation>两个事物</translation>
    </message>
    <message>
        <source>The one that stays takes over what it lacks, and the parts.</source>
        <translation>保留者补上自己缺少的值，并接收另一方的组成部分。</translation>
    </message>
    <message>
        <source>Area (m²)</source>
        <translation>面积（平方米）</translation>
    </message>
    <message>
        <source>Length (m)</source>
        <translation>长度（米）</translation>
    </message>
    <message>
        <source>it is there</source>
        <translation>存在</translation>
    </message>
    <message>
        <source>deleted</source>
        <translation>已删除</translation>
    </message>
    <message>
        <source>edited, as one record</source>
        <translation>修改，仍为一条记录</translation>
    </message>
    <message>
        <source>split or joined</source>
        <translation>已分割或合并</translation>
    </message>
    <message>
        <source>Keep the record</source>
        <translation>保留记录</translation>
    </message>
    <message>
        <source>Let it go</source>
        <translation>同意删除</translation>
    </message>
    <message>
        <source>All its parts go with it</source>
        <translation>其全部组成部分一并删除</translation>
    </message>
    <message>
        <source>Take {number}</source>
        <translation>采用 {number}</translation>
    </message>
    <message>
        <source>One record</source>
        <translation>保持一条</translation>
    </message>
    <message>
        <source>The record stays whole, its parts go</source>
        <translation>记录保持完整，分出的部分删除</translation>
    </message>
    <message>
        <source>The parts of this side stand, those of others go</source>
        <translation>采用此方分出的部分，删除其他方的</translation>
    </message>
    <message>
        <source>The parts</source>
        <translation>采用分出的部分</translation>
    </message>
    <message>
        <source>The parts stand as they are</source>
        <translation>分出的部分原样成立</translation>
    </message>
    <message>
        <source>The parts, with the edits</source>
        <translation>分出的部分并带上修改</translation>
    </message>
    <message>
        <source>The parts stand and take the edited values over</source>
        <translation>分出的部分成立，并采用修改后的值</translation>
    </message>
    <message>
        <source>Take the combined outline</source>
        <translation>采用合成的界线</translation>
    </message>
    <message>
        <source>The corners that different sides moved are all moved</source>
        <translation>各方移动的拐点全部移动</translation>
    </message>
    <message>
        <source>{count} more</source>
        <translation>另有 {count} 个</translation>
    </message>
    <message>
        <source>Neighbours at the edges that were moved: {names}</source>
        <translation>被移动的边所涉邻宗：{names}</translation>
    </message>
    <message>
        <source>Inbox</source>
        <translation>收件</translation>
    </message>
    <message>
        <source>Look at packages that came back, merge them, undo a merge</source>
        <translation>查看交回的成果包，合并，撤销合并</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>裁定</translation>
    </message>
    <message>
        <source>Decide conflicts and possible duplicates</source>
        <translation>裁定冲突与疑似重复</translation>
    </message>
    <message>
        <source>Outlines themselves</source>
        <translation>图形本身</translation>
    </message>
    <message>
        <source>Severity</source>
        <translation>级别</translation>
    </message>
    <message>
        <source>Finding</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>实测</translation>
    </message>
    <message>
        <source>The whole county</source>
        <translation>全县</translation>
    </message>
    <message>
        <source>What is selected on the map</source>
        <translation>地图上选中的要素</translation>
    </message>
    <message>
        <source>One village</source>
        <translation>一个村</translation>
    </message>
    <message>
        <source>Since a batch</source>
        <translation>某批次之后</translation>
    </message>
    <message>
        <source>Filter: finding, record, village…</source>
        <translation>筛选：问题、记录、村……</translation>
    </message>
    <message>
        <source>All severities</source>
        <translation>全部级别</translation>
    </message>
    <message>
        <source>All states</source>
        <translation>全部状态</translation>
    </message>
    <message>
        <source>By village</source>
        <translation>按村</translation>
    </message>
    <message>
        <source>Check this again</source>
        <translation>重新检查此项</translation>
    </message>
    <message>
        <source>History…</source>
        <translation>历史……</translation>
    </message>
    <message>
        <source>More</source>
        <translation>更多</translation>
    </message>
    <message>
        <source>Deleted records…</source>
        <translation>已删除的记录……</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>认可</translation>
    </message>
    <message>
        <source>Reopen</source>
        <translation>撤回认可</translation>
    </message>
    <message>
        <source>(without a village)</source>
        <translation>（未归村）</translation>
    </message>
    <message>
        <source>Findings chosen: {count}</source>
        <translation>已选 {count} 个问题</translation>
    </message>
    <message>
        <source>Click a finding to see it on the map, twice for its form.</source>
        <translation>单击在地图上查看，双击打开表单。</translation>
    </message>
    <message>
        <source>All rules…</source>
        <translation>全部规则……</translation>
    </message>
    <message>
        <source>Rules: {count}…</source>
        <translation>{count} 条规则……</translation>
    </message>
    <message>
        <source>Select records of a layer of this county first.</source>
        <translation>请先在地图上选中本县图层的要素。</translation>
    </message>
    <message>
        <source>The county has nothing of this kind to choose from yet.</source>
        <translation>本县还没有可选的此类内容。</translation>
    </message>
    <message>
        <source>Records checked: {records}. Findings: {new} new, {fixed} settled.</source>
        <translation>已检查 {records} 条记录：新发现 {new} 个问题，{fixed} 个已改正。</translation>
    </message>
    <message>
        <source>Checking</source>
        <translation>正在检查</translation>
    </message>
    <message>
        <source>This finding has no place on the map.</source>
        <translation>该问题在地图上没有位置。</translation>
    </message>
    <message>
        <source>Looking for the place</source>
        <translation>正在查找位置</translation>
    </message>
    <message>
        <source>The project has no layer {layer} of this county; add it for its forms.</source>
        <translation>工程中没有本县的“{layer}”图层；添加后即可打开表单。</translation>
    </message>
    <message>
        <source>{layer} does not show this record: deleted, ended, or filtered out.</source>
        <translation>“{layer}”图层中看不到该记录：已删除、已终止或被筛选掉。</translation>
    </message>
    <message>
        <source>Accepting findings</source>
        <translation>正在认可问题</translation>
    </message>
    <message>
        <source>Findings accepted: {count}.</source>
        <translation>已认可 {count} 个问题。</translation>
    </message>
    <message>
        <source>Reopening findings</source>
        <translation>正在撤回认可</translation>
    </message>
    <message>
        <source>Findings open again: {count}.</source>
        <translation>{count} 个问题已重新列为待处理。</translation>
    </message>
    <message>
        <source>Measured {measured}, limit {limit}</source>
        <translation>实测 {measured}，限值 {limit}</translation>
    </message>
    <message>
        <source>Accepted by {author}: {reason}</source>
        <translation>{author} 已认可：{reason}</translation>
    </message>
    <message>
        <source>Rules to check</source>
        <translation>要检查的规则</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>None</source>
        <translation>全不选</translation>
    </message>
    <message>
        <source>Settled</source>
        <translation>已处理</translation>
    </message>
    <message>
        <source>Save the edits of {layers} first: the county does not have them yet.</source>
        <translation>请先保存“{layers}”的编辑：县级数据库中还没有这些修改。</translation>
    </message>
    <message>
        <source>Deleted records</source>
        <translation>已删除的记录</translation>
    </message>
    <message>
        <source>Filter: record, who deleted it…</source>
        <translation>筛选：记录、删除人……</translation>
    </message>
    <message>
        <source>Deleted</source>
        <translation>删除时间</translation>
    </message>
    <message>
        <source>No record was deleted.</source>
        <translation>没有被删除的记录。</translation>
    </message>
    <message>
        <source>Looking for deleted records</source>
        <translation>正在查找已删除的记录</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Reading the history</source>
        <translation>正在读取历史</translation>
    </message>
    <message>
        <source>Private values</source>
        <translation>隐私内容</translation>
    </message>
    <message>
        <source>The value is back, as a change of its own in the history.</source>
        <translation>已恢复，并作为一次新的变更记入历史。</translation>
    </message>
    <message>
        <source>Restoring a value</source>
        <translation>正在恢复</translation>
    </message>
    <message>
        <source>Opening a sealed value</source>
        <translation>正在解封</translation>
    </message>
    <message>
        <source>When, what</source>
        <translation>时间、操作</translation>
    </message>
    <message>
        <source>Who, field</source>
        <translation>人员、字段</translation>
    </message>
    <message>
        <source>After</source>
        <translation>变更后</translation>
    </message>
    <message>
        <source>On the map: red as it was before, blue after, green now.</source>
        <translation>地图上：红色为变更前，蓝色为变更后，绿色为现状。</translation>
    </message>
    <message>
        <source>Why it comes back</source>
        <translation>恢复的理由</translation>
    </message>
    <message>
        <source>Restore the value before</source>
        <translation>恢复变更前的值</translation>
    </message>
    <message>
        <source>Restore the value after</source>
        <translation>恢复变更后的值</translation>
    </message>
    <message>
        <source>Xiangtu: history and private values…</source>
        <translation>乡图：历史与隐私内容……</translation>
    </message>
    <message>
        <source>This record is not saved yet: save the layer&apos;s edits first.</source>
        <translation>该记录尚未保存：请先保存图层的编辑。</translation>
    </message>
    <message>
        <source>A full value is seen for {seconds} seconds and kept nowhere.</source>
        <translation>完整内容只显示 {seconds} 秒，不会保存到任何地方。</translation>
    </message>
    <message>
        <source>Each look is written down with your name.</source>
        <translation>每次查看都会记下您的姓名。</translation>
    </message>
    <message>
        <source>Show full value</source>
        <translation>显示完整内容</translation>
    </message>
    <message>
        <source>(empty)</source>
        <translation>（空）</translation>
    </message>
    <message>
        <source> (not in force: undone or held back)</source>
        <translation>（未生效：已撤销或被搁置）</translation>
    </message>
    <message>
        <source>Ask the rules, go through what they found, accept or mend it</source>
        <translation>按规则检查，逐项查看、修改或认可</translation>
    </message>
    <message>
        <source>made</source>
        <translation>新建</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>修改</translation>
    </message>
    <message>
        <source>decided</source>
        <translation>裁决</translation>
    </message>
    <message>
        <source>Fields</source>
        <translation>字段</translation>
    </message>
    <message>
        <source>Outlines beside each other</source>
        <translation>相邻图形</translation>
    </message>
    <message>
        <source>Records that belong together</source>
        <translation>关联记录</translation>
    </message>
    <message>
        <source>Areas and lengths</source>
        <translation>面积与长度</translation>
    </message>
    <message>
        <source>Every record</source>
        <translation>所有记录</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>Campaign</source>
        <translation>调查批次</translation>
    </message>
    <message>
        <source>Layers, with their parts</source>
        <translation>图层（连同所属部分）</translation>
    </message>
    <message>
        <source>From the map…</source>
        <translation>由地图生成…</translation>
    </message>
    <message>
        <source>Basemap</source>
        <translation>底图</translation>
    </message>
    <message>
        <source>Assignment (*.xta)</source>
        <translation>任务包 (*.xta)</translation>
    </message>
    <message>
        <source>Pick villages in the list or on the map.</source>
        <translation>请在列表中或地图上选村。</translation>
    </message>
    <message>
        <source>Tick a layer at least.</source>
        <translation>请至少勾选一个图层。</translation>
    </message>
    <message>
        <source>Looking at what goes along…</source>
        <translation>正在查看随任务下发的内容…</translation>
    </message>
    <message>
        <source>What goes along</source>
        <translation>随任务下发的内容</translation>
    </message>
    <message>
        <source>{records} records and {findings} findings go along, about {size}.</source>
        <translation>将下发 {records} 条记录、{findings} 个问题，约 {size}。</translation>
    </message>
    <message>
        <source>{layer} {title} · findings: {count}</source>
        <translation>{layer} {title} · 问题：{count}</translation>
    </message>
    <message>
        <source>{tablet} ({surveyor}) has {villages} since {day}; nothing came back yet.</source>
        <translation>{tablet}（{surveyor}）自 {day} 起已领有{villages}；尚未交回。</translation>
    </message>
    <message>
        <source>{tablet} ({surveyor}) has {villages} since {day}; its last package: {back}.</source>
        <translation>{tablet}（{surveyor}）自 {day} 起已领有{villages}；最近交回：{back}。</translation>
    </message>
    <message>
        <source>Basemap from the map</source>
        <translation>由地图生成底图</translation>
    </message>
    <message>
        <source>The villages that are picked</source>
        <translation>所选各村</translation>
    </message>
    <message>
        <source>What is on screen</source>
        <translation>屏幕所示范围</translation>
    </message>
    <message>
        <source>PNG (drawn maps)</source>
        <translation>PNG（线划图）</translation>
    </message>
    <message>
        <source>JPG (imagery)</source>
        <translation>JPG（影像）</translation>
    </message>
    <message>
        <source>Area</source>
        <translation>范围</translation>
    </message>
    <message>
        <source>Zooms, from and to</source>
        <translation>缩放级别（从、到）</translation>
    </message>
    <message>
        <source>Tiles</source>
        <translation>瓦片</translation>
    </message>
    <message>
        <source>Make</source>
        <translation>生成</translation>
    </message>
    <message>
        <source>The map shows nothing. Add layers to it and tick them.</source>
        <translation>地图上没有内容。请添加图层并勾选。</translation>
    </message>
    <message>
        <source>QGIS&apos;s plugin Processing is off. Switch it on under Plugins.</source>
        <translation>QGIS 的“数据处理”插件未启用。请在“插件”菜单中启用。</translation>
    </message>
    <message>
        <source>Tiles: {count}; choose other zooms (at most {most}).</source>
        <translation>{count} 张瓦片；请另选缩放级别（最多 {most} 张）。</translation>
    </message>
    <message>
        <source>Tiles: {count}; weighing a few…</source>
        <translation>{count} 张瓦片；正在试绘几张估算大小…</translation>
    </message>
    <message>
        <source>Tiles: {count}, about {size}</source>
        <translation>{count} 张瓦片，约 {size}</translation>
    </message>
    <message>
        <source>{path} cannot be written ({reason}).</source>
        <translation>无法写入 {path}（{reason}）。</translation>
    </message>
    <message>
        <source>{path}: {size}</source>
        <translation>{path}：{size}</translation>
    </message>
    <message>
        <source>No basemap was made. {reason}</source>
        <translation>未生成底图。{reason}</translation>
    </message>
    <message>
        <source>Who has what</source>
        <translation>任务在谁手中</translation>
    </message>
    <message>
        <source>New assignment</source>
        <translation>新任务</translation>
    </message>
    <message>
        <source>Tablet {device} is enrolled.</source>
        <translation>已登记平板 {device}。</translation>
    </message>
    <message>
        <source>Enrol a tablet</source>
        <translation>登记平板</translation>
    </message>
    <message>
        <source>Handed out: {records} records in {villages} villages, {size}: {path}</source>
        <translation>已下发：{villages} 个村、{records} 条记录，{size}：{path}</translation>
    </message>
    <message>
        <source>Receipt written: packages merged {merged}, waiting {waiting}: {path}</source>
        <translation>已出具回执：已合并 {merged} 个成果包，等待 {waiting} 个：{path}</translation>
    </message>
    <message>
        <source>Write receipt</source>
        <translation>出具回执</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>另存为…</translation>
    </message>
    <message>
        <source>To {stick} ({size} free)</source>
        <translation>存到 {stick}（剩余 {size}）</translation>
    </message>
    <message>
        <source>Handed out</source>
        <translation>下发日期</translation>
    </message>
    <message>
        <source>Came back</source>
        <translation>交回</translation>
    </message>
    <message>
        <source>A tablet takes part once its device card (.xtd) was read.</source>
        <translation>读取设备卡 (.xtd) 后，平板即可参加调查。</translation>
    </message>
    <message>
        <source>The card can be dropped here.</source>
        <translation>也可将设备卡拖放到此处。</translation>
    </message>
    <message>
        <source>Enrol a tablet…</source>
        <translation>登记平板…</translation>
    </message>
    <message>
        <source>Receipt (*.xtr)</source>
        <translation>回执 (*.xtr)</translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation>尚未交回</translation>
    </message>
    <message>
        <source>Device card (*.xtd)</source>
        <translation>设备卡 (*.xtd)</translation>
    </message>
    <message>
        <source>{name} (put away)</source>
        <translation>{name}（已停用）</translation>
    </message>
    <message>
        <source>{count} merged</source>
        <translation>已合并 {count}</translation>
    </message>
    <message>
        <source>{count} waiting</source>
        <translation>等待 {count}</translation>
    </message>
    <message>
        <source>{count} refused</source>
        <translation>拒收 {count}</translation>
    </message>
    <message>
        <source>receipt of {day}</source>
        <translation>{day} 出具回执</translation>
    </message>
    <message>
        <source>no package</source>
        <translation>无成果包</translation>
    </message>
    <message>
        <source>Name or code</source>
        <translation>名称或代码</translation>
    </message>
    <message>
        <source>Pick on the map</source>
        <translation>在地图上选</translation>
    </message>
    <message>
        <source>Click a village to pick it or let it go; draw to pick several</source>
        <translation>单击选中或取消一个村；拖框选中多个</translation>
    </message>
    <message>
        <source>Zoom to</source>
        <translation>缩放至</translation>
    </message>
    <message>
        <source>With</source>
        <translation>已发给</translation>
    </message>
    <message>
        <source>Import into {name}</source>
        <translation>导入到 {name}</translation>
    </message>
    <message>
        <source>Shapefile, GeoPackage, GeoJSON, CSV</source>
        <translation>Shapefile、GeoPackage、GeoJSON、CSV</translation>
    </message>
    <message>
        <source>found out</source>
        <translation>自动识别</translation>
    </message>
    <message>
        <source>as the file says</source>
        <translation>以文件为准</translation>
    </message>
    <message>
        <source>Columns of easting and northing</source>
        <translation>横坐标列、纵坐标列</translation>
    </message>
    <message>
        <source>Take rows without the values that do not fit (else refuse them)</source>
        <translation>不合要求的值留空，其余照收（否则整行不收）</translation>
    </message>
    <message>
        <source>Its layer</source>
        <translation>文件中的图层</translation>
    </message>
    <message>
        <source>Encoding</source>
        <translation>字符编码</translation>
    </message>
    <message>
        <source>Into the layer</source>
        <translation>导入图层</translation>
    </message>
    <message>
        <source>Load mapping…</source>
        <translation>载入对照表…</translation>
    </message>
    <message>
        <source>Save mapping…</source>
        <translation>保存对照表…</translation>
    </message>
    <message>
        <source>Copy refused rows</source>
        <translation>复制未导入的行</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>found by name</source>
        <translation>按列名识别</translation>
    </message>
    <message>
        <source>Looking through all rows…</source>
        <translation>正在逐行查看…</translation>
    </message>
    <message>
        <source>Preview of {name}</source>
        <translation>预览 {name}</translation>
    </message>
    <message>
        <source>{taken} of {rows} rows would be taken.</source>
        <translation>共 {rows} 行，可导入 {taken} 行。</translation>
    </message>
    <message>
        <source>Required and filled by nothing: {fields}</source>
        <translation>必填而无来源：{fields}</translation>
    </message>
    <message>
        <source>Columns that no field takes: {columns}</source>
        <translation>未用到的列：{columns}</translation>
    </message>
    <message>
        <source>Importing {name}</source>
        <translation>导入 {name}</translation>
    </message>
    <message>
        <source>{taken} of {rows} rows were taken, as batch {batch}.</source>
        <translation>共 {rows} 行，已导入 {taken} 行，记为批次 {batch}。</translation>
    </message>
    <message>
        <source>{field}, values left out: {count}</source>
        <translation>{field}：{count} 个值留空</translation>
    </message>
    <message>
        <source>Load a mapping</source>
        <translation>载入对照表</translation>
    </message>
    <message>
        <source>Save the mapping</source>
        <translation>保存对照表</translation>
    </message>
    <message>
        <source>Saved: {path}</source>
        <translation>已保存：{path}</translation>
    </message>
    <message>
        <source>Choose the CRS above.</source>
        <translation>请在上方选择坐标系。</translation>
    </message>
    <message>
        <source>Choose the columns of easting and northing above.</source>
        <translation>请在上方选择横坐标列和纵坐标列。</translation>
    </message>
    <message>
        <source>Field</source>
        <translation>字段</translation>
    </message>
    <message>
        <source>From column</source>
        <translation>来源列</translation>
    </message>
    <message>
        <source>Filled</source>
        <translation>有值</translation>
    </message>
    <message>
        <source>Do not fit</source>
        <translation>不合要求</translation>
    </message>
    <message>
        <source>Such as</source>
        <translation>例如</translation>
    </message>
    <message>
        <source>{column}, values replaced: {count}</source>
        <translation>{column}，替换 {count} 个值</translation>
    </message>
    <message>
        <source>Row</source>
        <translation>行</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Geometry</source>
        <translation>图形</translation>
    </message>
    <message>
        <source>Enrol tablets, hand out villages to them, write receipts</source>
        <translation>登记平板、按村下发任务、出具回执</translation>
    </message>
    <message>
        <source>The map is empty: build it at the step Map first.</source>
        <translation>地图是空的：请先在“地图”一步生成地图。</translation>
    </message>
    <message>
        <source>Save the list…</source>
        <translation>保存清单…</translation>
    </message>
    <message>
        <source>The findings shown above, as Excel or CSV</source>
        <translation>把上面列出的问题存为 Excel 或 CSV</translation>
    </message>
    <message>
        <source>Why it may stand, or what the surveyor should know</source>
        <translation>可以保留的理由，或给调查员的说明</translation>
    </message>
    <message>
        <source>Return to the surveyor</source>
        <translation>退回调查员</translation>
    </message>
    <message>
        <source>The next assignment takes the records along, with their findings</source>
        <translation>下次下发任务时，记录随问题一起发回平板</translation>
    </message>
    <message>
        <source>Returned with the next assignment, records: {count}.</source>
        <translation>{count} 条记录将随下次任务退回。</translation>
    </message>
    <message>
        <source>Returned before: {count}.</source>
        <translation>{count} 条此前已退回。</translation>
    </message>
    <message>
        <source>Returning records</source>
        <translation>正在退回记录</translation>
    </message>
    <message>
        <source>CSV (*.csv)</source>
        <translation>CSV 表格 (*.csv)</translation>
    </message>
    <message>
        <source>{county} findings</source>
        <translation>{county}问题清单</translation>
    </message>
    <message>
        <source>Findings written to {path}: {count}</source>
        <translation>已写出 {count} 个问题：{path}</translation>
    </message>
    <message>
        <source>Returned by {author}: {reason}</source>
        <translation>{author} 已退回：{reason}</translation>
    </message>
    <message>
        <source>Returned by {author}</source>
        <translation>{author} 已退回</translation>
    </message>
    <message>
        <source>Taken out again (see Inbox, Batches)</source>
        <translation>已撤销（见“收件”的“批次”）</translation>
    </message>
    <message>
        <source>Records returned: {count}</source>
        <translation>退回重测：{count} 条</translation>
    </message>
    <message>
        <source>Returned</source>
        <translation>退回</translation>
    </message>
    <message>
        <source>Show them</source>
        <translation>查看</translation>
    </message>
    <message>
        <source>Nothing that meets the conditions; still to decide: {count}.</source>
        <translation>没有符合条件的；另有 {count} 项待裁定。</translation>
    </message>
    <message>
        <source>No possible duplicate is left; conflicts to decide: {count}.</source>
        <translation>疑似重复已全部裁定；还有 {count} 项冲突待裁定。</translation>
    </message>
    <message>
        <source>No conflict is left; possible duplicates to decide: {count}.</source>
        <translation>冲突已全部裁定；还有 {count} 对疑似重复待裁定。</translation>
    </message>
    <message>
        <source>Drag to move; Ctrl and the wheel to zoom</source>
        <translation>拖动可平移；按住 Ctrl 滚动滚轮可缩放</translation>
    </message>
    <message>
        <source>Show it whole again</source>
        <translation>恢复全图</translation>
    </message>
    <message>
        <source>Findings that stay here, as no surveyor has their records: {count}.</source>
        <translation>{count} 个问题留在县里：所涉对象不由调查员调查。</translation>
    </message>
    <message>
        <source>records: new {new}, changed {changed}, deleted {deleted}; new files {files}</source>
        <translation>记录：新增 {new}，更改 {changed}，删除 {deleted}；新文件 {files} 个</translation>
    </message>
    <message>
        <source>Keep here</source>
        <translation>收回</translation>
    </message>
    <message>
        <source>Records kept after all: {count}.</source>
        <translation>已收回记录：{count} 条。</translation>
    </message>
    <message>
        <source>Keeping records</source>
        <translation>收回记录</translation>
    </message>
</context>
</TS>
